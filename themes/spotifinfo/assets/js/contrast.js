// Colours that can be read: WCAG 2.2 relative luminance and contrast ratio
// (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio). Colours are [red, green, blue], 0 to 255.

/** The least ratio of text to what is behind it. */
export const READABLE = 4.5;

export function luminance([red, green, blue]) {
  const [r, g, b] = [red, green, blue].map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

export function mix(one, other, share) {
  return one.map((value, index) => Math.round(value * (1 - share) + other[index] * share));
}

/**
 * A background with as much of `colour` over `surface` as `texts` can bear: at most half of it,
 * less where a text would sink below the least contrast, none where it must be.
 */
export function tint(colour, surface, texts) {
  for (let share = 0.5; share > 0; share -= 0.05) {
    const mixed = mix(surface, colour, share);
    if (texts.every((text) => contrast(text, mixed) >= READABLE)) return mixed;
  }
  return surface;
}

/** The colour that says most in a picture's RGBA pixels: the average, vivid pixels first. */
export function dominant(pixels) {
  const sum = [0, 0, 0];
  let weights = 0;
  for (let at = 0; at + 3 < pixels.length; at += 4) {
    const colour = [pixels[at], pixels[at + 1], pixels[at + 2]];
    const vivid = Math.max(...colour) - Math.min(...colour);
    const weight = (vivid ** 2 / 255 + 1) * (pixels[at + 3] / 255);
    colour.forEach((value, index) => {
      sum[index] += value * weight;
    });
    weights += weight;
  }
  return weights ? sum.map((value) => Math.round(value / weights)) : [128, 128, 128];
}
