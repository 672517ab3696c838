//! Contents that were read lately, up to a number of bytes. Older ones are let go of first.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Contents by key.
#[derive(Debug)]
pub struct Kept<K> {
    most: usize,
    bytes: usize,
    contents: BTreeMap<K, Arc<[u8]>>,
    /// The keys, the oldest first.
    order: VecDeque<K>,
}

impl<K: Ord + Clone> Kept<K> {
    /// Keeps at most so many bytes.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            most,
            bytes: 0,
            contents: BTreeMap::new(),
            order: VecDeque::new(),
        }
    }

    /// A content that is still kept.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<Arc<[u8]>> {
        self.contents.get(key).cloned()
    }

    /// Keeps a content, unless it is larger than all that may be kept.
    pub fn keep(&mut self, key: K, content: &Arc<[u8]>) {
        if content.len() > self.most || self.contents.contains_key(&key) {
            return;
        }
        while self.bytes > self.most - content.len() {
            let oldest = self.order.pop_front();
            let Some(oldest) = oldest.and_then(|key| self.contents.remove(&key)) else {
                break;
            };
            self.bytes -= oldest.len();
        }
        self.bytes += content.len();
        self.order.push_back(key.clone());
        self.contents.insert(key, Arc::clone(content));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(size: usize) -> Arc<[u8]> {
        vec![7; size].into()
    }

    #[test]
    fn the_oldest_contents_are_let_go_of() {
        let mut kept = Kept::new(10);
        let first = {
            let first = content(4);
            kept.keep("first", &first);
            // From here on, nothing else holds it.
            Arc::downgrade(&first)
        };
        kept.keep("second", &content(6));
        assert!(first.upgrade().is_some());
        kept.keep("third", &content(1));
        assert!(first.upgrade().is_none());
        assert_eq!(kept.get(&"first"), None);
        assert_eq!(kept.get(&"second"), Some(content(6)));
        kept.keep("fourth", &content(10));
        assert_eq!(kept.get(&"second"), None);
        assert_eq!(kept.get(&"third"), None);
        assert_eq!(kept.get(&"fourth"), Some(content(10)));
    }

    #[test]
    fn a_content_that_is_too_large_takes_no_place() {
        let mut kept = Kept::new(10);
        kept.keep("small", &content(1));
        kept.keep("large", &content(11));
        assert_eq!(kept.get(&"large"), None);
        assert_eq!(kept.get(&"small"), Some(content(1)));
        // The same one twice counts once.
        kept.keep("small", &content(1));
        kept.keep("other", &content(9));
        assert_eq!(kept.get(&"small"), Some(content(1)));
        assert_eq!(kept.get(&"other"), Some(content(9)));
    }
}
