//! The command `stage history --public`: what is public of earlier releases, in a file.

use reqwest::Url;

use super::public_reader::{Hosts, PublicReader};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::path::ValuePath;
use crate::base::value::{Object, Value};
use crate::cli::args::StageHistoryArgs;
use crate::cli::context::CommandContext;
use crate::cli::output::Output;
use crate::config::graph_config::GraphConfig;
use crate::stage::balrog_worker::names::product;
use crate::stage::history::Bundle;
use crate::stage::public::collect::collect;
use crate::stage::public::name::ReleaseName;
use crate::stage::public::read::{PublicError, Services, Wanted};

/// The channel that most users are on.
const CHANNEL: &str = "release";

/// Names of computers that are this one.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "[::1]", "localhost"];

/// Reads the history of a project from what is public.
///
/// # Errors
/// When the project declares no services, or they cannot be read.
pub fn public_history(
    args: &StageHistoryArgs,
    context: &CommandContext,
    output: &Output,
) -> Outcome<Bundle> {
    let declared = declared(&context.graph_config);
    let wanted = wanted(args);
    let (declared, wanted) = match (declared, wanted) {
        (Ok(declared), Ok(wanted)) => (declared, wanted),
        (declared, wanted) => {
            let mut wrong = Diagnostics::new();
            wrong.keep(declared);
            wrong.keep(wanted);
            return wrong.or_ok(Bundle::default());
        }
    };
    let (services, hosts) = declared;
    let reader = PublicReader::new(context.runtime.handle().clone(), hosts).map_err(|error| {
        Diagnostic::environment("cannot make requests over HTTP").because(error)
    })?;
    let collected = collect(&reader, &services, &wanted).map_err(|errors| {
        let mut wrong = Diagnostics::new();
        for error in errors {
            wrong.push(diagnostic(error));
        }
        wrong
    })?;
    for note in &collected.notes {
        output.warning(note);
    }
    if services.updates.is_some() {
        output.status(&format!(
            "The update server gave {} answers that follow from the history",
            collected.confirmed
        ));
    }
    Ok(collected.bundle)
}

fn diagnostic(error: PublicError) -> Diagnostic {
    match error {
        PublicError::NoRules(why) => Diagnostic::user(why).help("name channels with `--channel`"),
        PublicError::TooMany(_) => Diagnostic::user(error.to_string()),
        other => Diagnostic::environment(other.to_string()),
    }
}

/// What the history is to be about.
fn wanted(args: &StageHistoryArgs) -> Outcome<Wanted> {
    let product = product(args.product.as_deref().unwrap_or_default());
    let mut wrong = Diagnostics::new();
    let releases = args.releases.iter();
    let releases = releases.filter_map(|text| match ReleaseName::of_build(text, &product) {
        Ok(name) => Some(name),
        Err(error) => {
            wrong.push(Diagnostic::usage(format!("`--release`: {error}")));
            None
        }
    });
    let releases = releases.collect();
    let channels = match args.channels.as_slice() {
        [] => vec![CHANNEL.to_owned()],
        named => named.to_vec(),
    };
    wrong.or_ok(Wanted {
        product,
        channels,
        releases,
    })
}

/// The services that a project declares, and the hosts that may be read.
fn declared(config: &GraphConfig) -> Outcome<(Services, Hosts)> {
    let staging = config.get("snowman").and_then(|own| own.get("staging"));
    let section = staging.and_then(|staging| staging.get("public-data")?.as_object());
    let Some(section) = section else {
        return Err(Diagnostic::user(
            "the project does not declare which services with public data may be read",
        )
        .at(config.place(&ValuePath::keys(["snowman", "staging"])))
        .help(
            "write `snowman.staging.public-data` in config.yml, e.g. `public-data: {balrog: https://aus-api.mozilla.org, archive: https://archive.mozilla.org}`",
        )
        .into());
    };
    let mut wrong = Diagnostics::new();
    let mut hosts = Hosts::default();
    let mut read = |key: &str, text: &str| match address(text) {
        Ok(url) => hosts.add(&url),
        Err(why) => wrong.push(
            Diagnostic::user(format!("`snowman.staging.public-data.{key}`: {why}"))
                .at(config.place(&ValuePath::keys(["snowman", "staging", "public-data", key]))),
        ),
    };
    let text = |section: &Object, key: &str| section[key].as_str().map(str::to_owned);
    let named = ["balrog", "archive", "updates"].map(|key| {
        let text = text(section, key);
        if let Some(text) = &text {
            read(key, text);
        }
        text.map(|text| text.trim_end_matches('/').to_owned())
    });
    for text in section.get("redirects").into_iter().flat_map(Value::texts) {
        read("redirects", text);
    }
    let [balrog, archive, updates] = named;
    let services = Services {
        balrog: balrog.unwrap_or_default(),
        archive: archive.unwrap_or_default(),
        updates,
    };
    wrong.or_ok((services, hosts))
}

/// Reads the address of a service.
fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("`{text}` is no URL: {error}"))?;
    let is_here = url.host_str().is_some_and(|host| LOOPBACK.contains(&host));
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_here);
    let is_plain = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    match is_safe && is_plain {
        true => Ok(url),
        false => Err(format!(
            "expected a URL that begins with https:// and has no user, query or fragment, found `{text}`"
        )),
    }
}
