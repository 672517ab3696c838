//! What a request is answered with.

use super::blob::Blob;
use super::blob::kind::Kind;
use super::blob::offer::Offer;
use super::evaluate::{Decision, Outcome, evaluate};
use super::fault::Fault;
use super::query::Query;
use super::request::{self, BadParameter, Request};
use super::rule::Rule;
use super::world::World;
use crate::base::value::{Value, json};
use crate::stage::python_json;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// What the body is.
    pub media_type: &'static str,
    /// The rule that it follows; `None` if rules were not asked, or not with success.
    pub rule: Option<RuleUsed>,
    /// The release that is offered.
    pub release: Option<String>,
    /// The body.
    pub body: String,
}

/// The rule that an answer follows: its number and how often it was changed, or `unknown` if none matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleUsed {
    /// The number.
    pub id: String,
    /// How often it was changed.
    pub data_version: String,
}

/// The answer without an update.
pub const NOTHING: &str = "<?xml version=\"1.0\"?>\n<updates>\n</updates>";

const XML: &str = "text/xml";
const PLAIN: &str = "text/plain";
const HTML: &str = "text/html";
const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

/// What every answer has as headers.
const HEADERS: &[(&str, &str)] = &[
    ("strict-transport-security", "max-age=31536000;"),
    ("x-content-type-options", "nosniff"),
    ("cache-control", "public, max-age=90"),
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'",
    ),
];

impl Answer {
    fn new(status: u16, media_type: &'static str, body: impl Into<String>) -> Self {
        Self {
            status,
            media_type,
            rule: None,
            release: None,
            body: body.into(),
        }
    }

    /// Its headers, with names in lower case.
    #[must_use]
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let is_text = self.media_type.starts_with("text/");
        let charset = if is_text { "; charset=utf-8" } else { "" };
        let mut headers = vec![("content-type", format!("{}{charset}", self.media_type))];
        if let Some(rule) = &self.rule {
            headers.push(("rule-id", rule.id.clone()));
            headers.push(("rule-data-version", rule.data_version.clone()));
        }
        headers.extend(
            HEADERS
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        headers
    }
}

impl RuleUsed {
    fn of(rule: Option<&Rule>) -> Self {
        let text = |field: fn(&Rule) -> u64| {
            rule.map_or_else(|| "unknown".to_owned(), |rule| field(rule).to_string())
        };
        Self {
            id: text(|rule| rule.rule_id),
            data_version: text(|rule| rule.data_version),
        }
    }
}

/// Answers a request as an HTTP server does: status, headers and body. `headers` are those of the request, of
/// which `User-Agent` counts; `die` is as for [`evaluate`].
#[must_use]
pub fn serve_update(
    world: &World,
    path_and_query: &str,
    headers: &[(&str, &str)],
    die: u8,
) -> (u16, Vec<(&'static str, String)>, String) {
    let agent = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("user-agent"));
    let request = request::read(path_and_query, agent.map(|(_, value)| *value));
    let answer = answer(world, &request, die);
    (answer.status, answer.headers(), answer.body)
}

/// Answers a request. `die` is as for [`evaluate`]; all releases of one answer have the same one.
#[must_use]
pub fn answer(world: &World, request: &Request, die: u8) -> Answer {
    let answered = match request {
        Request::Xml(query) => xml(world, query, die),
        Request::Json(query) => json_answer(world, query, die),
        Request::UnknownUpdate => Ok(Answer::new(200, XML, NOTHING)),
        Request::Unknown => Ok(Answer::new(
            404,
            PLAIN,
            "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.",
        )),
        Request::BadParameter(what) => Ok(bad_parameter(what)),
    };
    answered.unwrap_or_else(|fault| match fault {
        Fault::BadData(text) => Answer::new(400, PLAIN, escaped(&text)),
        Fault::Broken(text) => Answer::new(500, PLAIN, escaped(&text)),
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn bad_parameter(what: &BadParameter) -> Answer {
    let (detail, title) = match what {
        BadParameter::Extra(names) => {
            let names = names.join(", ");
            (
                format!("Extra query parameter(s) {names} not in spec"),
                Value::Null,
            )
        }
        BadParameter::EmptyPin => ("'' should be non-empty".to_owned(), "Bad Request".into()),
    };
    let problem = json!({"detail": detail, "status": 400, "title": title, "type": "about:blank"});
    Answer::new(400, PROBLEM, python_json::indented(&problem, 2) + "\n")
}

fn xml(world: &World, query: &Query, die: u8) -> Result<Answer, Fault> {
    let Outcome { rule, decision } = evaluate(world, query, die)?;
    let mut answer = Answer::new(200, XML, NOTHING);
    answer.rule = Some(RuleUsed::of(rule));
    if let (Some(rule), Decision::Offered { release, blob }) = (rule, decision) {
        let offer = Offer {
            world,
            query,
            update_type: &rule.update_type,
        };
        answer.release = Some(release.to_owned());
        answer.body = update_xml(&blob, &offer, die)?;
    }
    Ok(answer)
}

/// What a release offers, as XML.
fn update_xml(blob: &Blob<'_>, offer: &Offer<'_>, die: u8) -> Result<String, Fault> {
    if blob.kind == Kind::Vpn {
        return Err(Fault::bad("Wrong blob type"));
    }
    let parts = parts(blob, offer, die)?;
    let mut lines = vec![
        "<?xml version=\"1.0\"?>".to_owned(),
        "<updates>".to_owned(),
        blob.header(offer)?,
    ];
    for part in &parts {
        let query = &part.query;
        let offer = Offer {
            world: offer.world,
            query,
            update_type: part.update_type,
        };
        lines.extend(part.blob.inner(&offer)?);
    }
    lines.push(blob.footer(offer)?);
    lines.push("</updates>".to_owned());
    let xml = with_entities(&lines.join("\n"));
    Ok(if is_squashed(blob, offer.query) {
        xml.replace('\n', "").replace("    ", "")
    } else {
        xml
    })
}

/// A release whose lines are in an answer.
struct Part<'a> {
    blob: Blob<'a>,
    query: Query,
    update_type: &'a str,
}

fn parts<'a>(blob: &Blob<'a>, offer: &Offer<'a>, die: u8) -> Result<Vec<Part<'a>>, Fault> {
    let of_product = |product: &str| Query {
        product: product.to_owned(),
        ..offer.query.clone()
    };
    let mut parts = Vec::new();
    let (products, names) = (blob.products()?, blob.blobs()?);
    if !products.is_empty() {
        for product in products {
            let query = of_product(product);
            let Outcome { rule, decision } = evaluate(offer.world, &query, die)?;
            if let (Some(rule), Decision::Offered { blob, .. }) = (rule, decision) {
                parts.push(Part {
                    blob,
                    query,
                    update_type: &rule.update_type,
                });
            }
        }
    } else if !names.is_empty() {
        for name in names {
            let release = offer.world.releases.get(name);
            let release = release.ok_or_else(|| {
                Fault::broken(format!(
                    "`{}` offers the release `{name}`, which does not exist",
                    blob.name()
                ))
            })?;
            let query = of_product(&release.product);
            let update_type = offer.update_type;
            parts.push(Part {
                blob: Blob::read(&release.blob)?,
                query,
                update_type,
            });
        }
    } else {
        let (query, update_type) = (offer.query.clone(), offer.update_type);
        parts.push(Part {
            blob: *blob,
            query,
            update_type,
        });
    }
    Ok(parts)
}

/// Writes `&` as an entity wherever it is not the beginning of one.
fn with_entities(xml: &str) -> String {
    let mut pieces = xml.split('&');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out.push('&');
        if !piece.starts_with("amp;") {
            out.push_str("amp;");
        }
        out.push_str(piece);
    }
    out
}

/// Whether a client cannot read XML with line breaks: two nightly builds of Firefox could not.
fn is_squashed(blob: &Blob<'_>, query: &Query) -> bool {
    blob.name() == "Firefox-mozilla-central-nightly-latest"
        && matches!(query.build_id(), "20190103220533" | "20190104093221")
}

fn json_answer(world: &World, query: &Query, die: u8) -> Result<Answer, Fault> {
    let Outcome { rule, decision } = evaluate(world, query, die)?;
    let Decision::Offered { release, blob } = decision else {
        return Ok(Answer::new(404, HTML, ""));
    };
    let fields = blob.json_offer(query, &world.allowlist)?;
    let fields = fields
        .into_iter()
        .map(|(name, value)| (name, value.clone()));
    let body = python_json::line(&Value::Object(fields.collect()));
    let rule = Some(RuleUsed::of(rule));
    Ok(Answer {
        rule,
        release: Some(release.to_owned()),
        ..Answer::new(200, JSON, body)
    })
}
