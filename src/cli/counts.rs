//! Counts in messages.

/// Returns a number of tasks in words.
#[must_use]
pub fn tasks(count: usize) -> String {
    match count {
        1 => "1 task".to_owned(),
        n => format!("{n} tasks"),
    }
}
