//! Short forms of commands, for messages.

/// Replaces each run of whitespace with one space, and shortens the text.
pub fn one_line(text: &str) -> String {
    const SHOWN: usize = 80;
    let words: Vec<&str> = text
        .split_whitespace()
        .filter(|word| *word != "\\")
        .collect();
    let line = words.join(" ");
    if line.chars().count() <= SHOWN {
        return line;
    }
    line.chars().take(SHOWN).chain(['…']).collect()
}

/// Returns the first words of a call.
pub fn shortened(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let end = words
        .iter()
        .position(|word| matches!(*word, "decision" | "action-callback"));
    words[..end.map_or(words.len().min(3), |end| end + 1)].join(" ")
}
