//! Texts that are cheap to clone.

/// A text that is cheap to clone.
pub type Str = ecow::EcoString;

/// A text with this content, which is copied as a whole. `Str::from` copies one byte after the other.
#[must_use]
pub fn text(content: &str) -> Str {
    let mut text = Str::with_capacity(content.len());
    text.push_str(content);
    text
}

/// Whether two texts are the same, which is found out without a call for those of up to sixteen bytes.
/// Keys are nearly all that short, and most differ in their length.
#[inline]
#[must_use]
pub fn is_same_text(one: &str, other: &str) -> bool {
    one.len() == other.len() && are_same_bytes(one.as_bytes(), other.as_bytes())
}

/// As much of two texts of one length.
#[inline]
fn are_same_bytes(one: &[u8], other: &[u8]) -> bool {
    match one.len() {
        17.. => one == other,
        // The first bytes and the last overlap, and are all there are.
        8.. => {
            one.first_chunk::<8>() == other.first_chunk()
                && one.last_chunk::<8>() == other.last_chunk()
        }
        4.. => {
            one.first_chunk::<4>() == other.first_chunk()
                && one.last_chunk::<4>() == other.last_chunk()
        }
        _ => one.iter().eq(other),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn differences_are_found_at_every_position() {
        for length in 0..40 {
            let text = "a".repeat(length);
            assert!(is_same_text(&text, &text.clone()));
            assert!(!is_same_text(&text, &format!("{text}a")));
            for place in 0..length {
                let mut other = text.clone();
                other.replace_range(place..=place, "b");
                assert!(!is_same_text(&text, &other), "{length} {place}");
                assert!(!is_same_text(&other, &text), "{length} {place}");
            }
        }
    }

    #[test]
    fn texts_have_no_spare_capacity() {
        for length in 0..40 {
            let content = "\u{e9}".repeat(length);
            let text = text(&content);
            assert_eq!(text, content);
            let room = content.len().max(Str::INLINE_LIMIT);
            assert_eq!(text.capacity(), room);
        }
    }

    proptest! {
        #[test]
        fn identical_texts_are_equal(one in "[ab]{0,20}|.{0,9}", other in "[ab]{0,20}|.{0,9}") {
            prop_assert_eq!(is_same_text(&one, &other), one == other);
            prop_assert!(is_same_text(&one, &one.clone()));
        }
    }
}
