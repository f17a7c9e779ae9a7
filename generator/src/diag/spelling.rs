//! Which word may have been meant.

/// The candidate nearest to `word`, if one is near enough that `word` may be a typing mistake. One
/// that differs in capitals alone is the nearest.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    let allowed = (length / 3).clamp(1, 3);
    candidates
        .into_iter()
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= allowed)
        .map(|candidate| {
            let is_same = word.eq_ignore_ascii_case(candidate);
            (!is_same, distance(word, candidate), candidate)
        })
        .filter(|(is_other, distance, _)| !is_other || *distance <= allowed)
        .filter(|(_, distance, _)| *distance > 0)
        .min()
        .map(|(.., candidate)| candidate)
}

/// How many letters differ; what both begin and end with need not be looked at.
fn distance(a: &str, b: &str) -> usize {
    let pairs = a.char_indices().zip(b.chars());
    let mut same = pairs.take_while(|((_, one), other)| one == other);
    let start = same
        .by_ref()
        .last()
        .map_or(0, |((at, c), _)| at + c.len_utf8());
    let (a, b) = (&a[start..], &b[start..]);
    let pairs = a.chars().rev().zip(b.chars().rev());
    let same = pairs.take_while(|(one, other)| one == other);
    let end: usize = same.map(|(c, _)| c.len_utf8()).sum();
    strsim::damerau_levenshtein(&a[..a.len() - end], &b[..b.len() - end])
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_near_words_are_suggested() {
        assert_eq!(nearest("titel", ["title", "date"]), Some("title"));
        assert_eq!(nearest("colour", ["title", "date"]), None);
    }
}
