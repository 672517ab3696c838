//! Graphs for several sets of parameters, generated in parallel and reported in order.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::args::ShowArgs;
use super::context::CommandContext;
use super::graph::{Phase, generate};
use super::graph_document::GraphDocument;
use super::output::Output;
use super::parameters::ParameterSpec;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::value::Object;
use crate::ports::output_path::{OutputFile, OutputPaths, cannot_write};

/// The graphs that a command shows.
pub struct ParameterSets<'a> {
    /// The flags.
    pub args: &'a ShowArgs,
    /// The phase after which graphs are shown.
    pub phase: Phase,
    /// The sets of parameters.
    pub specs: &'a [ParameterSpec],
    /// The parameters that flags override in each set.
    pub overrides: &'a Object,
    /// Where documents are written.
    pub output: &'a Output,
}

impl ParameterSets<'_> {
    /// Limits the threads that work on a graph to `--max-workers`.
    pub fn limit_threads(&self) {
        if let Some(number) = self.args.max_workers {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(number.get());
            // An existing pool stays as it is.
            let _ = pool.build_global();
        }
    }

    /// Generates the graph of each set; results are in the order of the sets.
    pub fn generate(&self, context: &CommandContext) -> Vec<Outcome<GraphDocument>> {
        let processors = std::thread::available_parallelism().ok();
        let workers = self.args.max_workers.or(processors);
        let workers = workers.map_or(1, NonZeroUsize::get).min(self.specs.len());
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::new());
        // These are not rayon's threads: one that waits for a graph must not start another.
        let work = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(spec) = self.specs.get(index) else {
                    return;
                };
                let document = context.block_on(self.generate_one(spec, context));
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
        done.into_iter().map(|(_, document)| document).collect()
    }

    async fn generate_one(
        &self,
        spec: &ParameterSpec,
        context: &CommandContext,
    ) -> Outcome<GraphDocument> {
        let params = spec.load(context, self.overrides).await?;
        let (id, name) = (params.id(), spec.name());
        tracing::info!("Using Parameters(id={id}) (from {name})");
        let save = |phase: Phase, document: &GraphDocument| {
            self.save(phase, document, spec, &context.output_paths())
        };
        generate(self.args, self.phase, context, &params, &save).await
    }

    /// Writes the document of a phase to the folder that the flags name.
    fn save(
        &self,
        phase: Phase,
        document: &GraphDocument,
        spec: &ParameterSpec,
        paths: &OutputPaths<'_>,
    ) -> Outcome<()> {
        let Some(file) = self.file_of_phase(phase, spec) else {
            return Ok(());
        };
        let file = paths.file(&file)?;
        if let Some(folder) = file.path().parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| cannot_write(file.display_path(), error))?;
        }
        self.output
            .write_to(Some(&file), |out| document.write(out))?;
        Ok(())
    }

    /// The output file of each set, if the flags name one. The files of phases are checked, too.
    ///
    /// # Errors
    /// When a file would be written twice, or is not writable.
    pub fn output_files(
        &self,
        context: &CommandContext,
    ) -> Result<Vec<Option<OutputFile>>, Diagnostic> {
        let paths = context.output_paths();
        let mut found = Vec::new();
        let mut written: Vec<(OutputFile, &str)> = Vec::new();
        for spec in self.specs {
            let shown = self.args.output_file.as_deref();
            let shown = shown.map(|file| paths.file(&self.file_of_set(file, spec)));
            let shown = shown.transpose()?;
            if let Some(file) = &shown {
                check_once(&mut written, file.clone(), OUTPUT_FILE)?;
            }
            let of_phases = self.phase.up_to();
            for file in of_phases.filter_map(|phase| self.file_of_phase(phase, spec)) {
                check_once(&mut written, paths.file(&file)?, SAVE_PHASES)?;
            }
            found.push(shown);
        }
        let of_phases = written.iter().filter(|(_, flag)| *flag == SAVE_PHASES);
        let of_phases: Vec<&OutputFile> = of_phases.map(|(file, _)| file).collect();
        for (file, _) in &written {
            // Folders of phases are created first.
            match of_phases.iter().any(|other| file.has_folder_of(other)) {
                true => file.check_writable_with_folder()?,
                false => file.check_writable()?,
            }
        }
        Ok(found)
    }

    /// The file for the graph of a phase, if the flags name a folder for them.
    fn file_of_phase(&self, phase: Phase, spec: &ParameterSpec) -> Option<PathBuf> {
        let extension = match (self.args.json, self.args.yaml) {
            (true, _) => "json",
            (_, true) => "yml",
            _ => "txt",
        };
        let file = format!("{}.{extension}", phase.command());
        let folder = self.args.save_phases.as_ref()?;
        Some(self.file_of_set(&folder.join(file), spec))
    }

    /// The file of a set of parameters, where the flags name one for all.
    fn file_of_set(&self, path: &Path, spec: &ParameterSpec) -> PathBuf {
        file_of_set(path, &spec.name(), self.specs.len() > 1)
    }
}

const OUTPUT_FILE: &str = "--output-file";
const SAVE_PHASES: &str = "--save-phases";

/// Adds a file, and the flag that names it, to those that are written.
///
/// # Errors
/// When it is one of them.
fn check_once(
    written: &mut Vec<(OutputFile, &'static str)>,
    file: OutputFile,
    flag: &'static str,
) -> Result<(), Diagnostic> {
    if let Some((_, other)) = written.iter().find(|(other, _)| other.is_same(&file)) {
        let path = file.display_path().display();
        return Err(match *other == flag {
            true => Diagnostic::usage(format!(
                "the graphs of two sets of parameters would be written to {path}"
            ))
            .help("give the parameter files different names"),
            false => Diagnostic::usage(format!("{other} and {flag} would both write to {path}"))
                .help("choose another file or folder"),
        });
    }
    written.push((file, flag));
    Ok(())
}

/// The output file of a set of parameters.
fn file_of_set(path: &Path, spec: &str, several: bool) -> PathBuf {
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

/// Merges the diagnostics of several of `all` sets: each appears once, with the names of the sets that
/// have it unless all do.
#[must_use]
pub fn merge_diagnostics(failed: Vec<(String, Diagnostics)>, all: usize) -> Diagnostics {
    let mut known: Vec<(Diagnostic, Vec<String>)> = Vec::new();
    for (name, diagnostics) in failed {
        for diagnostic in diagnostics.iter() {
            match known.iter_mut().find(|(other, _)| other == diagnostic) {
                Some((_, names)) => names.push(name.clone()),
                None => known.push((diagnostic.clone(), vec![name.clone()])),
            }
        }
    }
    let mut merged = Diagnostics::new();
    for (mut diagnostic, names) in known {
        // Diagnostics about parameters name their source themselves.
        if names.len() < all && !diagnostic.message.starts_with("parameters: ") {
            let names = names.join(", ");
            diagnostic.message = format!("{} (with parameters from {names})", diagnostic.message);
        }
        merged.push(diagnostic);
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagnostics_of_all_sets_appear_once() {
        let both = || Diagnostic::user("everywhere");
        let mut first = Diagnostics::from(both());
        first.push(Diagnostic::user("here"));
        let failed = vec![
            ("a".to_owned(), first),
            ("b".to_owned(), Diagnostics::from(both())),
        ];
        let text = merge_diagnostics(failed, 2).to_string();
        assert_eq!(text, "everywhere\nhere (with parameters from a)");
    }

    #[test]
    fn files_are_named_by_parameters() {
        let named = |path: &str, several| {
            let file = file_of_set(Path::new(path), "try", several);
            file.display().to_string()
        };
        assert_eq!(named("out/x.json", false), "out/x.json");
        assert_eq!(named("out/x.json", true), "out/x_try.json");
        assert_eq!(named("out/x", true), "out/x_try");
        assert_eq!(named("{params}.json", true), "try.json");
    }
}
