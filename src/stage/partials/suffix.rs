//! The sorted suffixes of a content, for finding where another one occurs in it.
//!
//! The array is made by induced sorting (SA-IS), in time and memory linear in the length:
//!
//! 1. A suffix is *small* if it is smaller than the one that follows it, else *large*. The leftmost small
//!    one of each run of small ones is a *mark*.
//! 2. The parts between marks are sorted, and numbered in their order. If some are equal, the sequence of
//!    numbers is sorted in the same way, which gives the order of the marks.
//! 3. From sorted marks follows the order of the large suffixes, and from that the order of the small ones.

/// The sorted suffixes.
#[derive(Debug)]
pub struct Suffixes<'t> {
    text: &'t [u8],
    order: Vec<u32>,
}

/// Where a text occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Found {
    /// The place in the content.
    pub at: usize,
    /// How many bytes are equal from there on.
    pub length: usize,
}

/// The place of a suffix that is not sorted yet.
const NONE: u32 = u32::MAX;

impl<'t> Suffixes<'t> {
    /// Sorts the suffixes of a content; `None` if it is too long for this.
    #[must_use]
    pub fn new(text: &'t [u8]) -> Option<Self> {
        let fits = u32::try_from(text.len()).is_ok_and(|length| length < NONE / 2);
        fits.then(|| Self {
            text,
            order: sort(text, 256),
        })
    }

    /// The longest beginning of `wanted` that occurs in the content.
    #[must_use]
    pub fn longest(&self, wanted: &[u8]) -> Found {
        // The suffixes around `wanted` in the order, and what they have in common with it.
        let (mut low, mut high) = (0, self.order.len());
        let (mut below, mut above) = (0, 0);
        while low < high {
            let middle = low + (high - low) / 2;
            let suffix = self.suffix(middle);
            let known = below.min(above);
            let length = known + common(tail(suffix, known), tail(wanted, known));
            if tail(suffix, length) < tail(wanted, length) {
                (low, below) = (middle + 1, length);
            } else {
                (high, above) = (middle, length);
            }
        }
        let before = low.checked_sub(1).map(|before| (before, below));
        let candidates = [Some((low, above)), before];
        let found = candidates.into_iter().flatten();
        let found = found.filter(|(at, _)| *at < self.order.len());
        found
            .map(|(at, length)| Found {
                at: self.place(at),
                length,
            })
            .max_by_key(|found| found.length)
            .unwrap_or_default()
    }

    fn place(&self, at: usize) -> usize {
        self.order.get(at).map_or(self.text.len(), |at| index(*at))
    }

    fn suffix(&self, at: usize) -> &'t [u8] {
        tail(self.text, self.place(at))
    }
}

/// How many bytes two contents have in common at their beginnings.
#[must_use]
pub fn common(one: &[u8], other: &[u8]) -> usize {
    // Eight at a time, as contents are long.
    let words = one.chunks_exact(8).zip(other.chunks_exact(8));
    let same = 8 * words.take_while(|(one, other)| one == other).count();
    let rest = tail(one, same).iter().zip(tail(other, same));
    same + rest.take_while(|(one, other)| one == other).count()
}

fn tail(text: &[u8], from: usize) -> &[u8] {
    text.get(from..).unwrap_or_default()
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(NONE)
}

/// The order of the suffixes of a text of letters below `letters`.
fn sort<L: Copy + Ord + Into<u32>>(text: &[L], letters: usize) -> Vec<u32> {
    let length = text.len();
    if length < 2 {
        return (0..number(length)).collect();
    }
    let small = small_suffixes(text);
    let is_mark = |at: usize| at > 0 && small[at] && !small[at - 1];
    let marks: Vec<u32> = (1..length).filter(|at| is_mark(*at)).map(number).collect();
    let buckets = Buckets::new(text, letters);
    let mut order = induce(text, &small, &buckets, &marks);
    if marks.is_empty() {
        return order;
    }
    // Number the parts between marks in their order.
    order.retain(|at| is_mark(index(*at)));
    let mut numbers = vec![NONE; length];
    let mut count = 0;
    let mut before: Option<usize> = None;
    for at in order.iter().map(|at| index(*at)) {
        let end = |from: usize| (from + 1..length).find(|at| is_mark(*at)).unwrap_or(length);
        let same = before.is_some_and(|before| {
            let (one, other) = (before..=end(before), at..=end(at));
            let whole = *one.end() < length && *other.end() < length;
            whole && text.get(one) == text.get(other)
        });
        count += usize::from(!same && before.is_some());
        numbers[at] = number(count);
        before = Some(at);
    }
    let reduced: Vec<u32> = marks.iter().map(|mark| numbers[index(*mark)]).collect();
    let sorted: Vec<u32> = match count + 1 == marks.len() {
        true => order,
        false => {
            let order = sort(&reduced, count + 1);
            order.into_iter().map(|at| marks[index(at)]).collect()
        }
    };
    induce(text, &small, &buckets, &sorted)
}

/// Which suffixes are small.
fn small_suffixes<L: Copy + Ord>(text: &[L]) -> Vec<bool> {
    let mut small = vec![false; text.len()];
    for at in (0..text.len() - 1).rev() {
        small[at] = text[at] < text[at + 1] || (text[at] == text[at + 1] && small[at + 1]);
    }
    small
}

/// Where the suffixes that begin with each letter are in the order: large ones, then small ones.
struct Buckets {
    starts: Vec<u32>,
    ends: Vec<u32>,
}

impl Buckets {
    fn new<L: Copy + Into<u32>>(text: &[L], letters: usize) -> Self {
        let mut ends = vec![0; letters];
        for letter in text {
            ends[index((*letter).into())] += 1;
        }
        let mut starts = Vec::with_capacity(letters);
        let mut sum = 0;
        for end in &mut ends {
            starts.push(sum);
            sum += *end;
            *end = sum;
        }
        Self { starts, ends }
    }
}

/// The order of all suffixes that follows from the order of the marks.
fn induce<L: Copy + Ord + Into<u32>>(
    text: &[L],
    small: &[bool],
    buckets: &Buckets,
    marks: &[u32],
) -> Vec<u32> {
    let letter = |at: usize| -> usize { index(text[at].into()) };
    let length = text.len();
    let mut order = vec![NONE; length];
    let mut ends = buckets.ends.clone();
    for mark in marks.iter().rev() {
        let end = &mut ends[letter(index(*mark))];
        *end -= 1;
        order[index(*end)] = *mark;
    }
    // Large suffixes follow from those behind them, forwards; the last suffix is behind nothing.
    let mut starts = buckets.starts.clone();
    let mut put = |order: &mut Vec<u32>, at: usize| {
        let start = &mut starts[letter(at)];
        order[index(*start)] = number(at);
        *start += 1;
    };
    put(&mut order, length - 1);
    for slot in 0..length {
        let at = order[slot];
        if at != NONE && at > 0 && !small[index(at) - 1] {
            put(&mut order, index(at) - 1);
        }
    }
    // Small suffixes follow likewise, backwards. The marks were only a beginning.
    let mut ends = buckets.ends.clone();
    for slot in (0..length).rev() {
        let at = order[slot];
        if at != NONE && at > 0 && small[index(at) - 1] {
            let end = &mut ends[letter(index(at) - 1)];
            *end -= 1;
            order[index(*end)] = at - 1;
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn suffixes_are_sorted(text in proptest::collection::vec(0_u8..4, 0..200)) {
            let mut expected: Vec<u32> = (0..number(text.len())).collect();
            expected.sort_by_key(|at| &text[index(*at)..]);
            prop_assert_eq!(sort(&text, 256), expected);
        }

        #[test]
        fn the_longest_match_is_found(
            text in proptest::collection::vec(0_u8..3, 0..100),
            wanted in proptest::collection::vec(0_u8..3, 0..20),
        ) {
            let suffixes = Suffixes::new(&text).unwrap();
            let found = suffixes.longest(&wanted);
            let best = (0..text.len()).map(|at| common(&text[at..], &wanted)).max();
            prop_assert_eq!(found.length, best.unwrap_or_default());
            prop_assert_eq!(common(&text[found.at..], &wanted), found.length);
        }
    }

    #[test]
    fn extreme_texts_are_sorted() {
        for text in [
            &b""[..],
            b"a",
            b"aa",
            b"ba",
            b"ab",
            b"banana",
            &[0; 3000],
            &[255; 100],
        ] {
            let mut expected: Vec<u32> = (0..number(text.len())).collect();
            expected.sort_by_key(|at| &text[index(*at)..]);
            assert_eq!(sort(text, 256), expected);
        }
    }
}
