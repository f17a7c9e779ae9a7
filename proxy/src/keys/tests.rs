//! What a key seals and signs opens and verifies for its purpose alone.

use super::{Key, KeyId, Purpose, expand};
use crate::clock::Day;
use crate::secret::Secret;

fn key(id: u8, master: u8) -> Key {
    let id = KeyId::from_bytes([id; 4]);
    Key::derive(id, Day::from_number(20_781), Secret::new([master; 32]))
}

#[test]
fn a_sealed_value_opens_for_its_key_purpose_and_context_alone() {
    let key1 = key(1, 1);
    let sealed = key1
        .seal(Purpose::Token, b"refresh", &[b"a", b"bc"])
        .expect("sealed");
    let opened = key1.open(Purpose::Token, &sealed, &[b"a", b"bc"]);
    assert_eq!(opened.expect("it opens").as_slice(), b"refresh");
    assert!(key1.open(Purpose::Login, &sealed, &[b"a", b"bc"]).is_none());
    assert!(key1.open(Purpose::Token, &sealed, &[b"ab", b"c"]).is_none());
    assert!(
        key(1, 2)
            .open(Purpose::Token, &sealed, &[b"a", b"bc"])
            .is_none()
    );
    assert!(
        key(2, 1)
            .open(Purpose::Token, &sealed, &[b"a", b"bc"])
            .is_none()
    );
}

#[test]
fn any_changed_bit_or_cut_keeps_a_value_sealed() {
    let key = key(1, 1);
    let sealed = key.seal(Purpose::Login, b"x", &[]).expect("sealed");
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(
            key.open(Purpose::Login, &changed, &[]).is_none(),
            "bit {bit}"
        );
    }
    for cut in 0..sealed.len() {
        assert!(
            key.open(Purpose::Login, &sealed[..cut], &[]).is_none(),
            "cut {cut}"
        );
    }
}

#[test]
fn sealing_twice_gives_two_values() {
    let key = key(1, 1);
    let once = key.seal(Purpose::Token, b"x", &[]).expect("sealed");
    let twice = key.seal(Purpose::Token, b"x", &[]).expect("sealed");
    assert_ne!(once, twice);
}

#[test]
fn a_signature_holds_for_its_fields_alone() {
    let key1 = key(1, 1);
    let tag = key1.sign_session(&[b"id", b"1"]);
    assert!(key1.verifies_session(&[b"id", b"1"], &tag));
    assert!(!key1.verifies_session(&[b"i", b"d1"], &tag));
    assert!(!key1.verifies_session(&[b"id", b"1"], &tag[..31]));
    assert!(!key(1, 2).verifies_session(&[b"id", b"1"], &tag));
}

#[test]
fn what_is_derived_differs_by_secret_and_by_purpose() {
    let (one, two) = (Secret::new([1; 32]), Secret::new([2; 32]));
    let derived = [expand(&one, "a"), expand(&one, "b"), expand(&two, "a")];
    for (number, bytes) in derived.iter().enumerate() {
        assert_ne!(**bytes, [0; 32]);
        assert!(!derived[..number].contains(bytes));
    }
    assert_eq!(derived[0], expand(&one, "a"));
}

#[test]
fn key_ids_are_eight_lowercase_digits() {
    let id: KeyId = "00ab12cd".parse().expect("an id");
    assert_eq!(id.to_string(), "00ab12cd");
    for text in [
        "",
        "00AB12CD",
        "0ab12cd",
        "+0ab12cd",
        "00ab12cdd",
        "00ab12cg",
    ] {
        assert!(text.parse::<KeyId>().is_err(), "{text}");
    }
}

#[test]
fn a_key_prints_without_its_secret() {
    assert_eq!(format!("{:?}", key(1, 7)), "Key(01010101)");
}
