//! Writing Markdown.

/// A page of Markdown as it grows. Blocks are parted by one empty line.
pub struct Markdown {
    text: String,
    in_list: bool,
}

impl Markdown {
    /// A page with a heading.
    pub fn new(title: &str) -> Self {
        Self {
            text: format!("# {title}\n"),
            in_list: false,
        }
    }

    /// A heading; `level` is 2 for those right below the page's own.
    pub fn heading(&mut self, level: usize, title: &str) {
        self.block(&format!("{} {title}\n", "#".repeat(level)));
    }

    /// A paragraph; nothing when it would be empty.
    pub fn paragraph(&mut self, text: &str) {
        if !text.is_empty() {
            self.block(&format!("{text}\n"));
        }
    }

    /// An item of a list.
    pub fn item(&mut self, text: &str) {
        let line = format!("- {text}\n");
        if self.in_list {
            self.text.push_str(&line);
        } else {
            self.block(&line);
        }
        self.in_list = true;
    }

    /// A block of code.
    pub fn code(&mut self, text: &str) {
        self.block(&format!("```text\n{text}\n```\n"));
    }

    /// A table; nothing when it would have no rows.
    pub fn table<const N: usize>(&mut self, heads: [&str; N], rows: &[[String; N]]) {
        if rows.is_empty() {
            return;
        }
        let mut out = row(&heads.map(str::to_owned));
        out.push_str(&row(&heads.map(|_| "---".to_owned())));
        out.extend(rows.iter().map(|cells| row(cells)));
        self.block(&out);
    }

    /// The text.
    pub fn finish(self) -> String {
        self.text
    }

    fn block(&mut self, text: &str) {
        self.in_list = false;
        self.text.push('\n');
        self.text.push_str(text);
    }
}

fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// A text that can stand in one cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}

/// A text as a name in code; empty when it is.
pub fn code(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("`{text}`")
    }
}

/// A fragment as a sentence: a capital first, a full stop last.
pub fn sentence(fragment: &str) -> String {
    let mut rest = fragment.trim().chars();
    let Some(first) = rest.next() else {
        return String::new();
    };
    let mut out: String = first.to_uppercase().chain(rest).collect();
    if !out.ends_with(['.', '!', '?', ':']) {
        out.push('.');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_parted_and_cells_stay_on_one_line() {
        let mut page = Markdown::new("Title");
        page.paragraph("");
        page.paragraph(&sentence("what it is"));
        page.item("a");
        page.item("b");
        page.table(
            ["Key", "Value"],
            &[["`k`".to_owned(), "a | b\nc".to_owned()]],
        );
        assert_eq!(
            page.finish(),
            "# Title\n\nWhat it is.\n\n- a\n- b\n\n| Key | Value |\n| --- | --- |\n| `k` | a \\| b c |\n"
        );
    }
}
