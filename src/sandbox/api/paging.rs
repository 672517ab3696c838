//! Pages of long lists, with continuation tokens.

use serde_json::{Map, Value};

use crate::sandbox::crypto;
use crate::sandbox::error::ServiceError;

/// The most items of a page, whatever limit the caller requests.
const MAX_PAGE_SIZE: usize = 1000;

/// The requested part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    start: usize,
    size: usize,
}

impl Page {
    /// Reads `continuationToken` and `limit`.
    pub(crate) fn new(token: Option<&str>, limit: Option<&str>) -> Result<Page, ServiceError> {
        let start = match token {
            None => 0,
            Some(token) => {
                let text =
                    crypto::from_base64(token).and_then(|bytes| String::from_utf8(bytes).ok());
                let start = text.and_then(|text| text.strip_prefix("from:")?.parse().ok());
                match start {
                    Some(start) => start,
                    // As in the real services, any other token of letters and digits is the start.
                    None if token.bytes().all(|byte| byte.is_ascii_alphanumeric()) => 0,
                    None => return Err(ServiceError::input("Invalid continuation token")),
                }
            }
        };
        let size = limit
            .and_then(|limit| limit.parse().ok())
            .unwrap_or(MAX_PAGE_SIZE)
            .min(MAX_PAGE_SIZE);
        Ok(Page { start, size })
    }

    /// Writes the page of a list into a response, with a continuation token if more items follow.
    ///
    /// Only items of the page are converted, so the last page costs little more than the first.
    pub(crate) fn write_into<T>(
        self,
        fields: &mut Map<String, Value>,
        name: &str,
        items: impl Iterator<Item = T>,
        show: impl Fn(T) -> Value,
    ) {
        let mut items = items.skip(self.start);
        let page: Vec<Value> = items.by_ref().take(self.size).map(show).collect();
        fields.insert(name.to_owned(), Value::Array(page));
        let next = self.start + self.size;
        if items.next().is_some() && next > 0 {
            let token = crypto::base64_url(format!("from:{next}").as_bytes());
            fields.insert("continuationToken".to_owned(), Value::String(token));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_continue_where_the_last_one_ended() {
        let list = || 0..2500;
        let mut token: Option<String> = None;
        let mut sizes = Vec::new();
        loop {
            let mut response = Map::new();
            Page::new(token.as_deref(), Some("5000"))
                .unwrap()
                .write_into(&mut response, "list", list(), Value::from);
            sizes.push(response["list"].as_array().unwrap().len());
            match response.get("continuationToken") {
                Some(next) => token = next.as_str().map(str::to_owned),
                None => break,
            }
        }
        assert_eq!(sizes, [1000, 1000, 500]);
        assert!(Page::new(Some("?"), None).is_err());
        // Any other token begins again, and a page of no items has no next one.
        let mut response = Map::new();
        let page = Page::new(Some("zzz"), Some("0")).unwrap();
        page.write_into(&mut response, "list", list(), Value::from);
        assert_eq!(Value::Object(response), serde_json::json!({"list": []}));
    }
}
