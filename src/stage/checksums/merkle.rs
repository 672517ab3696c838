//! Hash trees over lists of texts, and proofs that a text is one of them, as RFC 6962-bis defines them.
//!
//! - A leaf is the hash of the byte 0 and the text. A node is the hash of the byte 1 and its two children,
//!   of which the left one covers the largest power of two that leaves something to the right one.
//! - The proof of a leaf contains the siblings of the nodes on its way to the head, from the leaf up.

use std::collections::BTreeMap;

use super::algorithm::Algorithm;

/// The slot for the id of a log, with its length in front. Nothing reads it, but it cannot be left out.
const LOG_ID: [u8; 3] = [2, 0, 0];

/// A hash tree.
#[derive(Debug)]
pub struct Tree {
    leaves: usize,
    /// Each node, by the leaves that it covers: the first one, and the one behind the last.
    nodes: BTreeMap<(usize, usize), Vec<u8>>,
}

impl Tree {
    /// Builds the tree over some texts; without a text there is none.
    #[must_use]
    pub fn new(algorithm: Algorithm, texts: &[&[u8]]) -> Option<Self> {
        let mut nodes: BTreeMap<(usize, usize), Vec<u8>> = texts
            .iter()
            .enumerate()
            .map(|(i, text)| ((i, i + 1), algorithm.hash(&[&[0], text])))
            .collect();
        let leaves = texts.len();
        if leaves == 0 {
            return None;
        }
        add_node(algorithm, 0, leaves, &mut nodes);
        Some(Self { leaves, nodes })
    }

    /// The hash of the whole tree.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        self.node(0, self.leaves)
    }

    /// The proof that a text is a leaf of this tree; `None` if there is no leaf of that number.
    #[must_use]
    pub fn proof(&self, leaf: usize) -> Option<Vec<u8>> {
        if leaf >= self.leaves {
            return None;
        }
        let (mut start, mut end) = (0, self.leaves);
        // Parts of the path from the head down.
        let mut siblings = Vec::new();
        while end - start > 1 {
            let middle = start + split(end - start);
            if leaf < middle {
                siblings.push(self.node(middle, end));
                end = middle;
            } else {
                siblings.push(self.node(start, middle));
                start = middle;
            }
        }
        let mut path = Vec::new();
        for sibling in siblings.into_iter().rev() {
            path.push(u8::try_from(sibling.len()).ok()?);
            path.extend(sibling);
        }
        let mut proof = LOG_ID.to_vec();
        proof.extend(u64::try_from(self.leaves).ok()?.to_be_bytes());
        proof.extend(u64::try_from(leaf).ok()?.to_be_bytes());
        proof.extend(u16::try_from(path.len()).ok()?.to_be_bytes());
        proof.extend(path);
        Some(proof)
    }

    fn node(&self, start: usize, end: usize) -> &[u8] {
        self.nodes.get(&(start, end)).map_or(&[], Vec::as_slice)
    }
}

/// The largest power of two below a number that is greater than one.
fn split(count: usize) -> usize {
    count.next_power_of_two() / 2
}

/// Adds the node over some leaves and all nodes below it, and returns its hash.
fn add_node(
    algorithm: Algorithm,
    start: usize,
    end: usize,
    nodes: &mut BTreeMap<(usize, usize), Vec<u8>>,
) -> Vec<u8> {
    if let Some(leaf) = nodes.get(&(start, end)) {
        return leaf.clone();
    }
    let middle = start + split(end - start);
    let left = add_node(algorithm, start, middle, nodes);
    let right = add_node(algorithm, middle, end, nodes);
    let node = algorithm.hash(&[&[1], &left, &right]);
    nodes.insert((start, end), node.clone());
    node
}

/// Whether a proof leads from a text to the head of a tree.
///
/// The number of leaves and the position are those that the proof itself contains.
#[must_use]
pub fn is_proven(algorithm: Algorithm, text: &[u8], proof: &[u8], head: &[u8]) -> bool {
    proven_head(algorithm, text, proof).is_some_and(|found| found == head)
}

fn proven_head(algorithm: Algorithm, text: &[u8], proof: &[u8]) -> Option<Vec<u8>> {
    let (length, rest) = proof.split_first()?;
    let rest = rest.get(usize::from(*length)..)?;
    let (leaves, rest) = rest.split_first_chunk::<8>()?;
    let (leaf, rest) = rest.split_first_chunk::<8>()?;
    let (length, mut path) = rest.split_first_chunk::<2>()?;
    let (mut leaves, mut leaf) = (u64::from_be_bytes(*leaves), u64::from_be_bytes(*leaf));
    if leaf >= leaves || path.len() != usize::from(u16::from_be_bytes(*length)) {
        return None;
    }
    // From the head down, whether the leaf is in the left half.
    let mut turns = Vec::new();
    while leaves > 1 {
        let half = leaves.checked_next_power_of_two()? / 2;
        turns.push(leaf < half);
        if leaf < half {
            leaves = half;
        } else {
            leaves -= half;
            leaf -= half;
        }
    }
    let mut node = algorithm.hash(&[&[0], text]);
    for is_left in turns.into_iter().rev() {
        let (length, behind) = path.split_first()?;
        let (sibling, behind) = behind.split_at_checked(usize::from(*length))?;
        node = if is_left {
            algorithm.hash(&[&[1], &node, sibling])
        } else {
            algorithm.hash(&[&[1], sibling, &node])
        };
        path = behind;
    }
    path.is_empty().then_some(node)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::digest::hex;

    proptest! {
        #[test]
        fn no_other_bytes_are_a_proof(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let texts: Vec<&[u8]> = vec![b"a", b"b", b"c"];
            let tree = Tree::new(Algorithm::Sha256, &texts).unwrap();
            prop_assert!(!is_proven(Algorithm::Sha256, b"a", &bytes, tree.head()));
            let proof = [tree.proof(0).unwrap(), bytes.clone()].concat();
            let is_same = bytes.is_empty();
            prop_assert_eq!(is_proven(Algorithm::Sha256, b"a", &proof, tree.head()), is_same);
        }
    }

    fn texts(count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|i| vec![7; i]).collect()
    }

    #[test]
    fn every_proof_leads_to_the_head() {
        for count in 1..40 {
            let texts = texts(count);
            let texts: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
            let tree = Tree::new(Algorithm::Sha256, &texts).unwrap();
            for (i, text) in texts.iter().enumerate() {
                let proof = tree.proof(i).unwrap();
                assert!(
                    is_proven(Algorithm::Sha256, text, &proof, tree.head()),
                    "{i} of {count}"
                );
                assert!(!is_proven(Algorithm::Sha256, b"other", &proof, tree.head()));
                assert!(!is_proven(Algorithm::Sha512, text, &proof, tree.head()));
                for cut in 0..proof.len() {
                    assert!(!is_proven(
                        Algorithm::Sha256,
                        text,
                        &proof[..cut],
                        tree.head()
                    ));
                }
            }
            assert_eq!(tree.proof(count), None);
        }
        assert!(Tree::new(Algorithm::Sha256, &[]).is_none());
    }

    #[test]
    fn nodes_are_hashed_with_their_kind() {
        let tree = Tree::new(Algorithm::Sha256, &[b"a", b"b", b"c"]).unwrap();
        let hash = |parts: &[&[u8]]| Algorithm::Sha256.hash(parts);
        let [a, b, c] = [b"\0a", b"\0b", b"\0c"].map(|leaf| hash(&[leaf]));
        let head = hash(&[b"\x01", &hash(&[b"\x01", &a, &b]), &c]);
        assert_eq!(hex(tree.head()), hex(&head));
        let start = "020000".to_owned() + "0000000000000003" + "0000000000000001" + "0042";
        let path = format!("20{}20{}", hex(&a), hex(&c));
        assert_eq!(hex(&tree.proof(1).unwrap()), start + &path);
    }
}
