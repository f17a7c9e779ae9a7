//! Album covers: a square of two colours and a motif, drawn from an id, the same every time.

use sha2::{Digest as _, Sha256};

/// Ground, figure and accent.
const PALETTES: [[&str; 3]; 10] = [
    ["#0b3954", "#ff6663", "#e0ff4f"],
    ["#2d1e2f", "#f7b32b", "#e3e7af"],
    ["#f2e9e4", "#22223b", "#c9706d"],
    ["#134611", "#e8fccf", "#96e072"],
    ["#3d0066", "#ff9e00", "#f72585"],
    ["#fefae0", "#bc6c25", "#283618"],
    ["#03045e", "#90e0ef", "#ffd166"],
    ["#5f0f40", "#fb8b24", "#9a031e"],
    ["#e6f1ff", "#1b4965", "#ef476f"],
    ["#1a1a1a", "#e5e5e5", "#fca311"],
];

/// The picture that belongs to `id`, `size` pixels wide and high, as SVG.
pub(crate) fn svg(id: &str, size: u32) -> String {
    let seed = Sha256::digest(id);
    let [ground, figure, accent] = PALETTES[usize::from(seed[0]) % PALETTES.len()];
    let motif = match seed[1] % 5 {
        0 => rings(&seed, figure, accent),
        1 => waves(&seed, figure, accent),
        2 => sun(&seed, figure, accent),
        3 => tiles(&seed, figure, accent),
        _ => bars(&seed, figure, accent),
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{size}\" height=\"{size}\" \
         viewBox=\"0 0 100 100\"><rect width=\"100\" height=\"100\" fill=\"{ground}\"/>{motif}</svg>"
    )
}

fn rings(seed: &[u8], figure: &str, accent: &str) -> String {
    let (x, y) = (20 + seed[2] % 60, 20 + seed[3] % 60);
    let ring = |step: u8| {
        let colour = if step % 3 == 1 { accent } else { figure };
        format!(
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"{}\" fill=\"none\" stroke=\"{colour}\" \
             stroke-width=\"3\"/>",
            6 + step * 9
        )
    };
    (0..9).map(ring).collect()
}

fn waves(seed: &[u8], figure: &str, accent: &str) -> String {
    let height = 4 + i32::from(seed[2] % 10);
    let wave = |step: i32| {
        let (y, colour) = (20 + step * 15, if step == 2 { accent } else { figure });
        format!(
            "<path d=\"M-5 {y} Q 20 {} 45 {y} T 95 {y} T 145 {y}\" fill=\"none\" \
             stroke=\"{colour}\" stroke-width=\"{}\"/>",
            y - height * 2,
            2 + step
        )
    };
    (0..5).map(wave).collect()
}

fn sun(seed: &[u8], figure: &str, accent: &str) -> String {
    let horizon = 55 + seed[2] % 20;
    let x = 25 + seed[3] % 50;
    format!(
        "<circle cx=\"{x}\" cy=\"{horizon}\" r=\"26\" fill=\"{accent}\"/>\
         <rect y=\"{horizon}\" width=\"100\" height=\"50\" fill=\"{figure}\"/>\
         <path d=\"M0 {} H100 M0 {} H100\" stroke=\"{accent}\" stroke-width=\"1.5\"/>",
        horizon + 8,
        horizon + 18
    )
}

fn tiles(seed: &[u8], figure: &str, accent: &str) -> String {
    let tile = |place: usize| {
        let (x, y) = (place % 4 * 25, place / 4 * 25);
        let colour = if seed[place + 2].is_multiple_of(5) {
            accent
        } else {
            figure
        };
        match seed[place + 4] % 4 {
            0 => format!("<path d=\"M{x} {y} h25 a25 25 0 0 1 -25 25 z\" fill=\"{colour}\"/>"),
            1 => format!("<path d=\"M{x} {y} l25 25 h-25 z\" fill=\"{colour}\"/>"),
            2 => format!(
                "<circle cx=\"{}\" cy=\"{}\" r=\"9\" fill=\"{colour}\"/>",
                x + 12,
                y + 12
            ),
            _ => String::new(),
        }
    };
    (0..16).map(tile).collect()
}

fn bars(seed: &[u8], figure: &str, accent: &str) -> String {
    let bar = |place: usize| {
        let height = 12 + usize::from(seed[place + 2] % 64);
        let colour = if place == 4 { accent } else { figure };
        format!(
            "<rect x=\"{}\" y=\"{}\" width=\"6\" height=\"{height}\" rx=\"3\" fill=\"{colour}\"/>",
            9 + place * 9,
            50 - height / 2
        )
    };
    (0..9).map(bar).collect()
}
