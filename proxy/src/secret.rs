//! A wrapper for secrets: it prints as `[redacted]`, compares in constant time and wipes the value
//! when it is dropped.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// A value that only [`Secret::expose`] gives out. It has no `Display` and no `Serialize`.
#[derive(Clone)]
pub struct Secret<T: Zeroize = String>(T);

impl<T: Zeroize> Secret<T> {
    /// Hides `value`.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the place that has to send, seal or hash it.
    #[must_use]
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T: Zeroize + AsRef<[u8]>> PartialEq for Secret<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_ref().ct_eq(other.0.as_ref()).into()
    }
}

impl<T: Zeroize + AsRef<[u8]>> Eq for Secret<T> {}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_prints_as_redacted_also_inside_other_values() {
        let secret = Secret::new("hunter2".to_owned());
        assert_eq!(format!("{secret:?}"), "[redacted]");
        assert_eq!(format!("{:#?}", Some(secret)), "Some(\n    [redacted],\n)");
    }

    #[test]
    fn secrets_compare_by_value() {
        assert_eq!(Secret::new([1_u8; 4]), Secret::new([1_u8; 4]));
        assert_ne!(Secret::new("a".to_owned()), Secret::new("ab".to_owned()));
    }
}
