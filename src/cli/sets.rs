//! Graphs for several sets of parameters, generated at the same time and told in order.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::args::ShowArgs;
use super::document::Document;
use super::output;
use super::outside::Outside;
use super::parameters::Spec;
use super::show::{Phase, show};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::value::Object;
use crate::ports::output_path::OutputFile;

/// What is shown, and for which parameters.
pub struct Sets<'a> {
    /// The flags.
    pub args: &'a ShowArgs,
    /// The phase after which graphs are shown.
    pub phase: Phase,
    /// The sets of parameters.
    pub specs: &'a [Spec],
    /// What flags lay over each of them.
    pub overrides: &'a Object,
}

impl Sets<'_> {
    /// Has no more threads work on a graph than the flags allow.
    pub fn limit(&self) {
        if let Some(number) = self.args.max_workers {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(number.get());
            // Where there is a pool already, it stays.
            let _ = pool.build_global();
        }
    }

    /// What is shown of the graph for each set, in order.
    ///
    /// # Errors
    /// When the system has no threads to give.
    pub fn generate(&self, outside: &Outside) -> Result<Vec<Outcome<Document>>, Diagnostic> {
        let runtime = output::runtime()?;
        let processors = std::thread::available_parallelism().ok();
        let workers = self.args.max_workers.or(processors);
        let workers = workers.map_or(1, NonZeroUsize::get).min(self.specs.len());
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::new());
        // These threads are none of rayon's: one that waits for a graph must not be given another.
        let work = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(spec) = self.specs.get(index) else {
                    return;
                };
                let document = runtime.block_on(self.one(spec, outside));
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                done.push((index, document));
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..workers {
                scope.spawn(work);
            }
            work();
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(index, _)| *index);
        Ok(done.into_iter().map(|(_, document)| document).collect())
    }

    async fn one(&self, spec: &Spec, outside: &Outside) -> Outcome<Document> {
        let params = spec.load(outside, self.overrides).await?;
        let (id, name) = (params.id(), spec.name());
        tracing::info!("Using Parameters(id={id}) (from {name})");
        show(self.args, self.phase, outside, &params).await
    }

    /// The output file of each set, where the flags name any.
    ///
    /// # Errors
    /// When two sets would have the same file, or one is not writable.
    pub fn files(&self, outside: &Outside) -> Result<Vec<Option<OutputFile>>, Diagnostic> {
        let several = self.specs.len() > 1;
        let given = self.args.output_file.as_deref();
        let mut files: Vec<Option<PathBuf>> = Vec::new();
        for spec in self.specs {
            let file = given.map(|path| named(path, &spec.name(), several));
            if let Some(file) = file
                .as_ref()
                .filter(|file| files.contains(&Some((*file).clone())))
            {
                let file = file.display();
                return Err(Diagnostic::usage(format!(
                    "the graphs of two sets of parameters would be written to {file}"
                ))
                .help("give the files of parameters different names"));
            }
            files.push(file);
        }
        let paths = outside.output_paths();
        let checked = |file: Option<PathBuf>| file.map(|file| paths.file(&file)).transpose();
        files.into_iter().map(checked).collect()
    }
}

/// The output file of a set of parameters.
fn named(path: &Path, spec: &str, several: bool) -> PathBuf {
    let text = path.to_string_lossy();
    if text.contains("{params}") {
        return PathBuf::from(text.replace("{params}", spec));
    }
    if !several {
        return path.to_owned();
    }
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("_{spec}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

/// The mistakes of several sets of `all`: each once, with the sets that have it unless all do.
#[must_use]
pub fn together(wrong: Vec<(String, Diagnostics)>, all: usize) -> Diagnostics {
    let mut told: Vec<(Diagnostic, Vec<String>)> = Vec::new();
    for (name, diagnostics) in wrong {
        for diagnostic in diagnostics.iter() {
            match told.iter_mut().find(|(known, _)| known == diagnostic) {
                Some((_, names)) => names.push(name.clone()),
                None => told.push((diagnostic.clone(), vec![name.clone()])),
            }
        }
    }
    let mut together = Diagnostics::new();
    for (mut diagnostic, names) in told {
        // Those of parameters themselves say where they are from.
        if names.len() < all && !diagnostic.message.starts_with("parameters: ") {
            let names = names.join(", ");
            diagnostic.message = format!("{} (with parameters from {names})", diagnostic.message);
        }
        together.push(diagnostic);
    }
    together
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_that_all_sets_have_are_told_once() {
        let both = || Diagnostic::user("everywhere");
        let mut first = Diagnostics::from(both());
        first.push(Diagnostic::user("here"));
        let wrong = vec![
            ("a".to_owned(), first),
            ("b".to_owned(), Diagnostics::from(both())),
        ];
        let text = together(wrong, 2).to_string();
        assert_eq!(text, "everywhere\nhere (with parameters from a)");
    }

    #[test]
    fn files_are_named_by_parameters() {
        let named = |path: &str, several| {
            let file = named(Path::new(path), "try", several);
            file.display().to_string()
        };
        assert_eq!(named("out/x.json", false), "out/x.json");
        assert_eq!(named("out/x.json", true), "out/x_try.json");
        assert_eq!(named("out/x", true), "out/x_try");
        assert_eq!(named("{params}.json", true), "try.json");
    }
}
