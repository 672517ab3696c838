//! Download links, as the server of links answers them.

use super::archive::encoded;
use super::http::{Request, Response};
use crate::base::text::escape_html;
use crate::stage::bouncer::database;
use crate::stage::bouncer::server::{Addresses, Answer, Request as Link};
use crate::stage::merged::Merged;

/// Whether a request follows a link.
pub fn is_link(request: &Request<'_>) -> bool {
    request.path == "/" && request.parameter("product").is_some()
}

/// Leads a client to a file of this server, whatever the scheme of production.
pub fn answer(merged: &Merged, request: &Request<'_>) -> Response {
    let archive = format!("{}/pub", request.host);
    let addresses = Addresses {
        http: archive.clone(),
        https: archive,
        stub: Addresses::default().stub,
    };
    let link = Link {
        query: request.raw_query,
        user_agent: request.user_agent,
        referrer: request.referrer,
        is_https: false,
    };
    let here = |url: String| match url.strip_prefix(&format!("https://{}/", request.host)) {
        Some(path) => format!("http://{}/{path}", request.host),
        None => url,
    };
    match database::of(merged).answer(&addresses, &link) {
        Answer::Redirect(url) => Response::redirect(302, here(url)),
        Answer::Text(url) => Response::text(200, "text/plain; charset=utf-8", here(url)),
        Answer::NotFound => Response::text(
            404,
            "text/plain; charset=utf-8",
            "404 page not found\n".to_owned(),
        ),
    }
}

/// The links of a release, for its front page: those of each product and alias, for its first system.
pub fn overview(merged: &Merged) -> String {
    let database = database::of(merged);
    let mut rows = String::new();
    let products = database.products.iter();
    let products = products.map(|(name, product)| (name, name, Some(product)));
    let aliases = database.aliases.iter().map(|(alias, name)| {
        let mut products = database.products.iter();
        let product = products.find(|(known, _)| known == name);
        (alias, name, product.map(|(_, product)| product))
    });
    for (name, target, product) in products.chain(aliases) {
        let systems = product
            .map(|product| product.locations.keys())
            .into_iter()
            .flatten();
        let locale = product.and_then(|product| product.languages.first());
        let locale = locale.map_or("en-US", String::as_str);
        let links = systems.map(|system| {
            let query = [
                ("product", name.as_str()),
                ("os", system.as_str()),
                ("lang", locale),
            ];
            let query =
                query.map(|(key, value)| format!("{key}={}", encoded(value).replace('+', "%2B")));
            let href = escape_html(&format!("/?{}", query.join("&")));
            format!("<a href=\"{href}\">{}</a> ", escape_html(system))
        });
        rows.push_str(&format!(
            "<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            escape_html(name),
            escape_html(target),
            links.collect::<String>()
        ));
    }
    match rows.is_empty() {
        true => rows,
        false => format!(
            "<h2>Download links</h2>\n<table>\n<tr><th>Link</th><th>Product</th><th>Systems</th></tr>\n{rows}</table>\n"
        ),
    }
}
