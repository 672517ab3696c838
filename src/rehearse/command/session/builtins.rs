//! The commands that change the state of a shell: its folder, variables, links and files.

use super::super::ln;
use super::{
    Checkout, Ended, Field, Session, Simple, Unread, absolute, basename, below, one_line, texts,
    unread, whole,
};

impl Session {
    pub(super) fn command(&mut self, words: &[Field], command: &Simple) -> Result<Ended, Unread> {
        let text = command.text.as_str();
        let known = |what: &str| match words.iter().find_map(|word| word.opaque.as_ref()) {
            Some(opaque) => Err(unread(text, &format!("`{what}` is given {opaque}"))),
            None => Ok(()),
        };
        let arguments = &words[1..];
        let name = words[0].text.as_str();
        match name {
            "cd" | "pushd" | "popd" => {
                known(name)?;
                self.change_folder(name, &texts(arguments), text)?;
            }
            "export" | "readonly" | "declare" | "typeset" | "local" => {
                for word in arguments.iter().filter(|word| !word.text.starts_with('-')) {
                    match word.text.split_once('=') {
                        Some((name, value)) => {
                            let value = Field {
                                text: value.to_owned(),
                                ..word.clone()
                            };
                            self.variables.set_exported(name, value);
                        }
                        None => self.variables.export(&word.text),
                    }
                }
            }
            "read" | "mapfile" | "readarray" => {
                for word in arguments.iter().filter(|word| !word.text.starts_with('-')) {
                    self.variables
                        .set_unknown(&word.text, format!("what `{name}` reads"));
                }
            }
            "source" | "." => {
                self.variables.any_set_by(&one_line(text));
                self.pass(text);
                return Ok(Ended::Taken);
            }
            "test" | "[" => return Ok(self.tested(arguments)),
            "false" => return Ok(Ended::Badly),
            "set" => self.shell.set(arguments),
            "unset" => arguments
                .iter()
                .for_each(|word| self.variables.unset(&word.text)),
            "eval" => return Err(unread(text, "`eval` is not supported")),
            "exit" | "return" => self.over = true,
            "true" | ":" | "umask" | "ulimit" | "shopt" | "trap" | "sleep" => {}
            "ln" => {
                known(name)?;
                self.link(arguments, text)?;
            }
            "mkdir" => {
                known(name)?;
                for word in arguments.iter().filter(|word| !word.text.starts_with('-')) {
                    self.folders.insert(absolute(&self.folder, &word.text));
                }
            }
            "rm" if known(name).is_ok() => {
                for word in arguments.iter().filter(|word| !word.text.starts_with('-')) {
                    let path = absolute(&self.folder, &word.text);
                    self.links.remove(&path);
                    self.folders.remove(&path);
                }
            }
            "git" | "hg" if self.cloned(arguments) => {}
            "echo" if self.echoed(arguments, command) => {}
            _ => {
                self.words(words, text)?;
                return Ok(Ended::Taken);
            }
        }
        Ok(Ended::Well)
    }

    /// `cd`, `pushd` and `popd`.
    fn change_folder(&mut self, name: &str, arguments: &[&str], text: &str) -> Result<(), Unread> {
        let options = arguments
            .iter()
            .take_while(|word| word.len() > 1 && word.starts_with('-'));
        let operands = &arguments[options.count()..];
        let to = match (name, operands) {
            ("popd", []) => self.stack.pop(),
            ("popd", _) => None,
            ("cd", ["-"]) => self.last_folder.clone(),
            ("cd", []) => Some(self.variables.get("HOME").unwrap_or("/").to_owned()),
            ("pushd", [] | ["-"]) => None,
            ("pushd", [to]) if to.starts_with('+') => None,
            (_, [to, ..]) => Some((*to).to_owned()),
            _ => None,
        };
        let Some(to) = to else {
            return Err(unread(text, "where it leads is not known"));
        };
        if name == "pushd" {
            self.stack.push(self.folder.clone());
        }
        let to = absolute(&self.folder, &to);
        self.last_folder = Some(std::mem::replace(&mut self.folder, to));
        self.variables
            .exported
            .insert("PWD".to_owned(), self.folder.clone());
        Ok(())
    }

    /// `test` or `[`, as far as it is about texts, or about what the command has made.
    fn tested(&self, arguments: &[Field]) -> Ended {
        if arguments.iter().any(|word| word.opaque.is_some()) {
            return Ended::Unknown;
        }
        let mut words = texts(arguments);
        if words.last() == Some(&"]") {
            words.pop();
        }
        let holds = match words.as_slice() {
            ["-n", text] => !text.is_empty(),
            ["-z", text] => text.is_empty(),
            [one, "=" | "==", other] => one == other,
            [one, "!=", other] => one != other,
            ["-e" | "-d", path] if self.folders.contains(&absolute(&self.folder, path)) => true,
            ["-L" | "-h", path] if self.links.is_at(&absolute(&self.folder, path)) => true,
            _ => return Ended::Unknown,
        };
        if holds { Ended::Well } else { Ended::Badly }
    }

    /// Whether a folder is at a path, as far as the command says.
    fn is_folder(&self, path: &str) -> bool {
        let made = self.folders.iter().chain([&self.folder]);
        let checkouts = self.checkouts.iter().map(|checkout| &checkout.folder);
        made.chain(checkouts)
            .any(|folder| below(folder, path).is_some())
    }

    /// `ln -s`.
    fn link(&mut self, arguments: &[Field], text: &str) -> Result<(), Unread> {
        let links = ln::links(&texts(arguments), &self.folder, |path| self.is_folder(path));
        for (path, target) in links.map_err(|why| unread(text, &why))? {
            self.links.make(path, target);
        }
        Ok(())
    }

    /// `git clone URL [FOLDER]`, which makes the checkout; other commands of git change nothing here.
    fn cloned(&mut self, arguments: &[Field]) -> bool {
        if arguments.first().is_none_or(|word| word.text != "clone") {
            return false;
        }
        const VALUED: &[&str] = &[
            "-b", "--branch", "--depth", "-c", "--config", "-o", "--origin", "-r", "-u",
        ];
        let mut paths: Vec<&Field> = Vec::new();
        let mut rest = arguments[1..].iter();
        while let Some(word) = rest.next() {
            if VALUED.contains(&word.text.as_str()) {
                rest.next();
            } else if !word.text.starts_with('-') {
                paths.push(word);
            }
        }
        let folder = match paths.as_slice() {
            [url] => basename(url.text.trim_end_matches('/')).trim_end_matches(".git"),
            [_, folder] => folder.text.as_str(),
            _ => return false,
        };
        let url = paths.first().filter(|url| url.opaque.is_none());
        let folder = absolute(&self.folder, folder);
        self.checkouts.push(Checkout {
            folder,
            repository: url.map(|url| url.text.clone()),
            revision: None,
        });
        true
    }

    /// `echo TEXT > FILE`.
    fn echoed(&mut self, arguments: &[Field], command: &Simple) -> bool {
        let opaque = arguments.iter().any(|word| word.opaque.is_some());
        let Some((operator, file)) = command.redirects.last() else {
            return true;
        };
        let file = whole(file, &self.variables);
        if opaque || file.opaque.is_some() || !matches!(operator.as_str(), ">" | ">|") {
            return false;
        }
        let mut arguments = texts(arguments);
        let line_break = arguments.first().is_none_or(|first| *first != "-n");
        if !line_break {
            arguments.remove(0);
        }
        let end = if line_break { "\n" } else { "" };
        let path = absolute(&self.folder, &file.text);
        self.written.push((path, arguments.join(" ") + end));
        true
    }
}
