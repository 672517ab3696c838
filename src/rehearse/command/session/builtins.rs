//! The commands that change the state of a shell: its folder, variables, links and files.

use super::super::ast::{SimpleCommand, Unsupported};
use super::super::expand::{Field, unsplit};
use super::super::ln;
use super::super::run_task::Checkout;
use super::super::shell::ExitStatus;
use super::super::text::one_line;
use super::super::worker_path::{absolute, below};
use super::{Session, texts, unsupported};
use crate::base::posix::basename;

impl Session {
    pub(super) fn command(
        &mut self,
        words: &[Field],
        command: &SimpleCommand,
    ) -> Result<ExitStatus, Unsupported> {
        let text = command.text.as_str();
        let require_known = |what: &str| match words.iter().find_map(|word| word.opaque.as_ref()) {
            Some(opaque) => Err(unsupported(text, &format!("`{what}` depends on {opaque}"))),
            None => Ok(()),
        };
        let arguments = &words[1..];
        let name = words[0].text.as_str();
        match name {
            "cd" | "pushd" | "popd" => {
                require_known(name)?;
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
                        .set_unknown(&word.text, format!("the input of `{name}`"));
                }
            }
            "source" | "." => {
                self.variables.set_possible_setter(&one_line(text));
                self.skip(text);
                return Ok(ExitStatus::AssumedSuccess);
            }
            "test" | "[" => return Ok(self.evaluate_test(arguments)),
            "false" => return Ok(ExitStatus::Failure),
            "set" => self.shell.set(arguments),
            "unset" => arguments
                .iter()
                .for_each(|word| self.variables.unset(&word.text)),
            "eval" => return Err(unsupported(text, "`eval` is not supported")),
            "exit" | "return" => self.exited = true,
            "true" | ":" | "umask" | "ulimit" | "shopt" | "trap" | "sleep" => {}
            "ln" => {
                require_known(name)?;
                self.link(arguments, text)?;
            }
            "mkdir" => {
                require_known(name)?;
                for word in arguments.iter().filter(|word| !word.text.starts_with('-')) {
                    self.folders.insert(absolute(&self.folder, &word.text));
                }
            }
            "rm" if require_known(name).is_ok() => {
                for word in arguments.iter().filter(|word| !word.text.starts_with('-')) {
                    let path = absolute(&self.folder, &word.text);
                    self.links.remove(&path);
                    self.folders.remove(&path);
                }
            }
            "git" | "hg" if self.git_clone(arguments) => {}
            "echo" if self.echo(arguments, command) => {}
            _ => {
                self.words(words, text)?;
                return Ok(ExitStatus::AssumedSuccess);
            }
        }
        Ok(ExitStatus::Success)
    }

    /// `cd`, `pushd` and `popd`.
    fn change_folder(
        &mut self,
        name: &str,
        arguments: &[&str],
        text: &str,
    ) -> Result<(), Unsupported> {
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
            return Err(unsupported(text, "the new folder is unknown"));
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

    /// `test` or `[`, if it compares strings, or checks for something that the command has created.
    fn evaluate_test(&self, arguments: &[Field]) -> ExitStatus {
        if arguments.iter().any(|word| word.opaque.is_some()) {
            return ExitStatus::Unknown;
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
            ["-L" | "-h", path] if self.links.contains(&absolute(&self.folder, path)) => true,
            _ => return ExitStatus::Unknown,
        };
        if holds {
            ExitStatus::Success
        } else {
            ExitStatus::Failure
        }
    }

    /// Whether a path is a folder that the command has created.
    fn is_folder(&self, path: &str) -> bool {
        let folders = self.folders.iter().chain([&self.folder]);
        let checkouts = self.checkouts.iter().map(|checkout| &checkout.folder);
        folders
            .chain(checkouts)
            .any(|folder| below(folder, path).is_some())
    }

    /// `ln -s`.
    fn link(&mut self, arguments: &[Field], text: &str) -> Result<(), Unsupported> {
        let links = ln::links(&texts(arguments), &self.folder, |path| self.is_folder(path));
        for (path, target) in links.map_err(|why| unsupported(text, &why))? {
            self.links.create(path, target);
        }
        Ok(())
    }

    /// `git clone URL [FOLDER]`, which creates a checkout; other git commands change nothing here.
    fn git_clone(&mut self, arguments: &[Field]) -> bool {
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
    fn echo(&mut self, arguments: &[Field], command: &SimpleCommand) -> bool {
        let opaque = arguments.iter().any(|word| word.opaque.is_some());
        let Some((operator, file)) = command.redirects.last() else {
            return true;
        };
        let file = unsplit(file, &self.variables);
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
