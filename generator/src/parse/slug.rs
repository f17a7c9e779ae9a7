//! Makes URL segments from names, by Zola's rules.

use crate::config::SlugifyMode;

/// Characters that cause trouble in some file systems or URLs.
const UNSAFE: &str = "<>:\"/|?*#\\(){}\n\r\t%^&";

/// `text` as one segment of a URL.
#[must_use]
pub fn slugify(text: &str, mode: SlugifyMode) -> String {
    match mode {
        SlugifyMode::On => slug::slugify(text),
        SlugifyMode::Safe => {
            let safe: String = text
                .trim_start_matches('.')
                .trim_end_matches(['.', ' '])
                .chars()
                .filter(|c| !UNSAFE.contains(*c) && !c.is_control())
                .collect();
            safe.replace(' ', "_")
        }
        SlugifyMode::Off => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::slugify;
    use crate::config::SlugifyMode;

    #[test]
    fn three_modes() {
        assert_eq!(slugify("Déjà vu: 2 & 3", SlugifyMode::On), "deja-vu-2-3");
        assert_eq!(slugify("Déjà vu: 2", SlugifyMode::Safe), "Déjà_vu_2");
        assert_eq!(slugify("a b", SlugifyMode::Off), "a b");
    }
}
