//! Requests and answers.

use super::range::Range;
use crate::base::text::escape_html;

/// A request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// The method, e.g. `GET`.
    pub method: &'a str,
    /// The path, decoded.
    pub path: &'a str,
    /// The path, as it was sent.
    pub raw_path: &'a str,
    /// What follows `?`, as it was sent.
    pub raw_query: &'a str,
    /// The parameters of the query, decoded, in order.
    pub query: &'a [(String, String)],
    /// The header `Host`: where the client thinks that this server is.
    pub host: &'a str,
    /// The header `User-Agent`.
    pub user_agent: &'a str,
    /// The header `Referer`.
    pub referrer: &'a str,
    /// The header `Range`.
    pub range: Option<&'a str>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Body,
}

/// The body of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A text.
    Text(String),
    /// A part of an artifact.
    File(File),
}

/// A part of the content of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The task.
    pub task: String,
    /// The name of the artifact.
    pub artifact: String,
    /// The SHA-512 of the whole content, in hexadecimal digits.
    pub sha512: String,
    /// The bytes that are wanted.
    pub bytes: Range,
}

impl Request<'_> {
    /// A parameter of the query; the first one of its name.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let mut named = self.query.iter().filter(|(key, _)| key == name);
        named.next().map(|(_, value)| value.as_str())
    }
}

impl Response {
    /// An answer with a text.
    pub(super) fn text(status: u16, media_type: &str, text: String) -> Self {
        Self {
            status,
            headers: vec![
                ("content-type", media_type.to_owned()),
                ("content-length", text.len().to_string()),
            ],
            body: Body::Text(text),
        }
    }

    /// A page.
    pub(super) fn html(status: u16, title: &str, body: &str) -> Self {
        let title = escape_html(title);
        let text = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>\n:root {{ color-scheme: light dark; }}\n\
             body {{ font: 15px/1.5 system-ui, sans-serif; margin: 1.5rem auto; max-width: 60rem; padding: 0 1rem; }}\n\
             h1 {{ font-size: 1.2rem; overflow-wrap: anywhere; }}\nh2 {{ font-size: 1rem; }}\n\
             th, td {{ padding-right: 1rem; text-align: left; vertical-align: top; }}\n\
             td {{ overflow-wrap: anywhere; }}\ntd:first-child {{ min-width: 4rem; }}\n</style>\n</head>\n<body>\n<main>\n\
             <h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n"
        );
        Self::text(status, "text/html; charset=utf-8", text)
    }

    /// A redirect.
    pub(super) fn redirect(status: u16, to: String) -> Self {
        let mut response = Self::text(status, "text/plain; charset=utf-8", String::new());
        response.headers.push(("location", to));
        response
    }

    /// The answer with one header more.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
