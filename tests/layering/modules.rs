//! What a source declares and names: modules, items, imports and paths.
//!
//! A path is kept as it is written, with the module that contains it. [`Path::absolute`] resolves
//! `crate`, `self` and `super`; paths that begin with another name are for [`super::circles`], which
//! knows all modules.

use std::collections::{BTreeMap, BTreeSet};

use super::code::{Token, tokens, without_comments};
use super::sources::Source;

/// The path of a module from the root of the crate.
pub type ModulePath = Vec<String>;

/// A module: a file, or `mod name { … }` in one.
#[derive(Default)]
pub struct Module {
    /// The items that it defines, macros too.
    pub items: BTreeSet<String>,
    /// The paths that it imports under a name, with that name.
    pub imports: BTreeMap<String, Vec<Vec<String>>>,
    /// The modules or enums whose names it imports all.
    pub globs: Vec<Vec<String>>,
    /// The words of its code.
    pub words: BTreeSet<String>,
}

/// A path in the code of a source, of an import or of an expression.
#[derive(Debug, PartialEq, Eq)]
pub struct Path {
    /// The module that contains it.
    pub module: ModulePath,
    /// Its names as written.
    pub segments: Vec<String>,
    /// Whether it ends in `::*`.
    pub glob: bool,
    /// Its line.
    pub line: usize,
    /// Whether it is compiled for tests only.
    pub test: bool,
}

impl Path {
    /// The names from the root of the crate, where the path says how to get there.
    pub fn absolute(&self) -> Option<Vec<String>> {
        absolute(&self.module, &self.segments)
    }
}

/// Resolves `crate`, `self` and `super` at the beginning of a path.
pub fn absolute(module: &[String], segments: &[String]) -> Option<Vec<String>> {
    let mut base = module.to_vec();
    let mut rest = segments;
    match segments.first().map(String::as_str) {
        Some("crate") => {
            base.clear();
            rest = &rest[1..];
        }
        Some("self") => rest = &rest[1..],
        Some("super") => {}
        _ => return None,
    }
    while rest.first().is_some_and(|segment| segment == "super") {
        base.pop()?;
        rest = &rest[1..];
    }
    base.extend_from_slice(rest);
    Some(base)
}

/// What one source declares and names.
#[derive(Default)]
pub struct Contents {
    /// Its modules; that of the file itself is always there.
    pub modules: BTreeMap<ModulePath, Module>,
    /// Its paths of two names or more, and everything that it imports.
    pub paths: Vec<Path>,
    /// The files that it declares for tests only, as modules.
    pub test_modules: Vec<ModulePath>,
}

/// Reads a source.
pub fn read(source: &Source) -> Contents {
    let code = without_comments(&source.text);
    let tokens = tokens(&code);
    let module = source.module();
    let mut contents = Contents::default();
    contents.modules.insert(module.clone(), Module::default());
    Reader {
        tokens: &tokens,
        at: 0,
        module,
        blocks: Vec::new(),
        test_until: 0,
        contents,
    }
    .read()
}

/// What a brace has opened.
#[derive(PartialEq, Eq)]
enum Block {
    Module,
    Other,
}

struct Reader<'a> {
    tokens: &'a [(Token<'a>, usize)],
    at: usize,
    module: ModulePath,
    blocks: Vec<Block>,
    /// Up to which token the code is for tests only.
    test_until: usize,
    contents: Contents,
}

impl<'a> Reader<'a> {
    fn read(mut self) -> Contents {
        while let Some(token) = self.token(0) {
            match token {
                Token::Sign('{') => self.open(Block::Other),
                Token::Sign('}') => {
                    if self.blocks.pop() == Some(Block::Module) {
                        self.module.pop();
                    }
                    self.at += 1;
                }
                Token::Sign('#') => self.attribute(),
                Token::Word(word) => self.word(word),
                _ => self.at += 1,
            }
        }
        self.contents
    }

    fn token(&self, ahead: usize) -> Option<&Token<'a>> {
        self.tokens.get(self.at + ahead).map(|(token, _)| token)
    }

    fn name(&self, ahead: usize) -> Option<&'a str> {
        match self.token(ahead)? {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    fn line(&self) -> usize {
        self.tokens[self.at.min(self.tokens.len() - 1)].1
    }

    fn open(&mut self, block: Block) {
        self.blocks.push(block);
        self.at += 1;
    }

    fn declared(&mut self) -> &mut Module {
        self.contents
            .modules
            .entry(self.module.clone())
            .or_default()
    }

    fn is_at_module_level(&self) -> bool {
        self.blocks.iter().all(|block| *block == Block::Module)
    }

    fn is_for_tests(&self) -> bool {
        self.at < self.test_until
    }

    /// Passes over an attribute; `#[cfg(test)]` marks the item that follows.
    fn attribute(&mut self) {
        let start = self.at;
        self.at += 1;
        if self.token(0) == Some(&Token::Sign('!')) {
            self.at += 1;
        }
        if self.token(0) != Some(&Token::Sign('[')) {
            return;
        }
        let end = closing(self.tokens, self.at);
        let is_cfg_test = self.tokens[start..end].iter().map(|(token, _)| token).eq([
            &Token::Sign('#'),
            &Token::Sign('['),
            &Token::Word("cfg"),
            &Token::Sign('('),
            &Token::Word("test"),
            &Token::Sign(')'),
            &Token::Sign(']'),
        ]);
        self.at = end;
        if is_cfg_test {
            self.test_until = self.test_until.max(end_of_item(self.tokens, end));
        }
    }

    fn word(&mut self, word: &'a str) {
        self.declared().words.insert(word.to_owned());
        let follows_dot = self.at > 0 && self.tokens[self.at - 1].0 == Token::Sign('.');
        let follows_path = self.at > 0 && self.tokens[self.at - 1].0 == Token::PathSeparator;
        match (word, self.name(1)) {
            ("use", _) if self.token(1) != Some(&Token::Sign('<')) => {
                self.at += 1;
                self.import(Vec::new());
            }
            ("mod", Some(name)) => self.declare(name),
            ("fn" | "struct" | "enum" | "trait" | "type" | "static" | "const", Some(name))
                if self.is_at_module_level() && name != "fn" =>
            {
                self.declared().items.insert(name.to_owned());
                self.at += 2;
            }
            ("macro_rules", None) => {
                if let Some(name) = self.name(2) {
                    self.declared().items.insert(name.to_owned());
                }
                self.at += 3;
            }
            _ if follows_dot || follows_path => self.at += 1,
            _ => self.path(),
        }
    }

    fn declare(&mut self, name: &str) {
        let mut child = self.module.clone();
        child.push(name.to_owned());
        self.at += 2;
        match self.token(0) {
            Some(Token::Sign('{')) => {
                self.open(Block::Module);
                self.module = child;
                let _ = self.declared();
            }
            Some(Token::Sign(';')) if self.is_for_tests() => {
                self.contents.test_modules.push(child);
            }
            _ => {}
        }
    }

    /// Reads a path of an expression or a type.
    fn path(&mut self) {
        let line = self.line();
        let test = self.is_for_tests();
        let mut segments = Vec::new();
        while let Some(name) = self.name(0) {
            segments.push(name.to_owned());
            self.declared().words.insert(name.to_owned());
            self.at += 1;
            if self.token(0) != Some(&Token::PathSeparator) || self.name(1).is_none() {
                break;
            }
            self.at += 1;
        }
        if segments.len() > 1 {
            self.record(segments, false, line, test);
        }
    }

    /// Reads a tree of imports after `use`, or after the prefix that its braces share.
    fn import(&mut self, mut segments: Vec<String>) {
        let mut line = self.line();
        loop {
            match self.token(0).cloned() {
                Some(Token::Word("as")) => {
                    let name = self.name(1).unwrap_or("_").to_owned();
                    self.at += 2;
                    return self.imported(segments, Some(name), line);
                }
                Some(Token::Word(word)) => {
                    line = self.line();
                    segments.push(word.to_owned());
                    self.at += 1;
                }
                Some(Token::PathSeparator) => self.at += 1,
                Some(Token::Sign('*')) => {
                    self.at += 1;
                    let test = self.is_for_tests();
                    if !test {
                        self.declared().globs.push(segments.clone());
                    }
                    return self.record(segments, true, line, test);
                }
                Some(Token::Sign('{')) => {
                    self.at += 1;
                    while !matches!(self.token(0), None | Some(Token::Sign('}'))) {
                        self.import(segments.clone());
                        if self.token(0) == Some(&Token::Sign(',')) {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                _ => return self.imported(segments, None, line),
            }
        }
    }

    fn imported(&mut self, mut segments: Vec<String>, alias: Option<String>, line: usize) {
        // `{self}` imports the path before the braces.
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        let test = self.is_for_tests();
        let Some(name) = alias.or_else(|| segments.last().cloned()) else {
            return;
        };
        if !test {
            let imports = &mut self.declared().imports;
            imports.entry(name).or_default().push(segments.clone());
        }
        self.record(segments, false, line, test);
    }

    fn record(&mut self, segments: Vec<String>, glob: bool, line: usize, test: bool) {
        self.contents.paths.push(Path {
            module: self.module.clone(),
            segments,
            glob,
            line,
            test,
        });
    }
}

/// The token behind the bracket that closes the one at `start`.
fn closing(tokens: &[(Token<'_>, usize)], start: usize) -> usize {
    let mut level = 0_usize;
    for (index, (token, _)) in tokens.iter().enumerate().skip(start) {
        match token {
            Token::Sign('(' | '[' | '{') => level += 1,
            Token::Sign(')' | ']' | '}') => {
                level -= 1;
                if level == 0 {
                    return index + 1;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

/// The token behind the item or statement that begins at `start`, attributes included.
fn end_of_item(tokens: &[(Token<'_>, usize)], start: usize) -> usize {
    let mut at = start;
    let mut ends_with_semicolon = false;
    while let Some((token, _)) = tokens.get(at) {
        match token {
            Token::Sign(';' | '}') => return at + 1,
            Token::Word("use" | "static" | "let" | "type") => ends_with_semicolon = true,
            Token::Word("const")
                if !matches!(tokens.get(at + 1), Some((Token::Word("fn" | "unsafe"), _))) =>
            {
                ends_with_semicolon = true;
            }
            Token::Sign('(' | '[') => {
                at = closing(tokens, at);
                continue;
            }
            Token::Sign('{') => {
                at = closing(tokens, at);
                if ends_with_semicolon {
                    continue;
                }
                return at;
            }
            _ => {}
        }
        at += 1;
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        read(&Source::new("room/file.rs", text))
            .paths
            .iter()
            .map(|path| {
                let test = if path.test { " test" } else { "" };
                let glob = if path.glob { "::*" } else { "" };
                let segments = path
                    .absolute()
                    .map_or_else(|| path.segments.join("::"), |found| found.join("::"));
                format!("{} {segments}{glob}{test}", path.line)
            })
            .collect()
    }

    #[test]
    fn paths_in_comments_and_literals_are_ignored() {
        let text = "// crate::cli\n/* crate::cli */ use crate::base::name;\n\
            let s = \"crate::cli\"; let c = '\"'; crate::vcs::discover();\n\
            let r = r#\"crate::cli \" crate::cli\"#;\n\
            fn f<'a>(x: &'a str) -> crate::kind::K { x.sum::<super::T>() }\n";
        assert_eq!(
            paths(text),
            ["2 base::name", "3 vcs::discover", "5 kind::K", "5 room::T"]
        );
    }

    #[test]
    fn import_trees_are_flattened() {
        let text = "use crate::{\n    model::{self, task, id as other},\n    ports,\n};\n\
            pub use super::super::target::x;\npub(crate) use self::inner::*;\n";
        assert_eq!(
            paths(text),
            [
                "2 model",
                "2 model::task",
                "2 model::id",
                "3 ports",
                "5 target::x",
                "6 room::file::inner::*"
            ]
        );
        let contents = read(&Source::new("room/file.rs", text));
        let module = &contents.modules[&vec!["room".to_owned(), "file".to_owned()]];
        let names: Vec<&str> = module.imports.keys().map(String::as_str).collect();
        assert_eq!(names, ["model", "other", "ports", "task", "x"]);
    }

    #[test]
    fn modules_in_a_file_have_their_own_super() {
        let text = "mod inner {\n    use super::a;\n    fn f() { super::super::b::c(); }\n}\nuse super::d;\n";
        assert_eq!(
            paths(text),
            ["2 room::file::a", "3 room::b::c", "5 room::d"]
        );
    }

    #[test]
    fn test_code_is_recognized() {
        let text = "#[cfg(test)]\nuse super::{a, b};\nuse super::c;\n\
            #[cfg(test)]\n#[derive(Debug)]\nstruct S(super::d::D);\nfn f() { e::g(); }\n\
            #[cfg(test)]\nmod tests {\n    fn t() { super::super::h::i(); }\n}\nuse super::k;\n\
            #[cfg(test)]\npub(crate) mod test_support;\n";
        assert_eq!(
            paths(text),
            [
                "2 room::a test",
                "2 room::b test",
                "3 room::c",
                "6 room::d::D test",
                "7 e::g",
                "10 room::h::i test",
                "12 room::k"
            ]
        );
        let contents = read(&Source::new("room/file.rs", text));
        assert_eq!(
            contents.test_modules,
            [["room", "file", "test_support"].map(str::to_owned).to_vec()]
        );
    }

    #[test]
    fn items_are_those_of_the_module_itself() {
        let text = "pub struct A;\nimpl A { const B: u8 = 1; fn c() {} }\npub const fn d() {}\n\
            macro_rules! e { () => {}; }\nmod inner { fn f() {} }\nunsafe fn g() { fn h() {} }\n";
        let contents = read(&Source::new("room/file.rs", text));
        let items = &contents.modules[&vec!["room".to_owned(), "file".to_owned()]].items;
        let items: Vec<&str> = items.iter().map(String::as_str).collect();
        assert_eq!(items, ["A", "d", "e", "g"]);
    }
}
