//! INI files, such as `application.ini` and the metadata of flatpaks, as Python's `configparser` reads them.

/// A value of a text: `Version=94.0` in the section `[App]`. Names of options have no case.
#[must_use]
pub fn value<'t>(text: &'t str, section: &str, option: &str) -> Option<&'t str> {
    let mut is_in = false;
    for line in text.lines() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[') {
            is_in = name.strip_suffix(']') == Some(section);
        } else if is_in && !line.starts_with(['#', ';']) {
            let pair = line.split_once(['=', ':']);
            let found = pair.filter(|(name, _)| name.trim().eq_ignore_ascii_case(option));
            if let Some((_, value)) = found {
                return Some(value.trim());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_have_their_own_options() {
        let text = "; no\n[Gecko]\nVersion=1\n[App]\n;Version=2\nversion = 94.0\nName: x=y\n";
        assert_eq!(value(text, "App", "Version"), Some("94.0"));
        assert_eq!(value(text, "Gecko", "Version"), Some("1"));
        assert_eq!(value(text, "App", "Name"), Some("x=y"));
        assert_eq!(value(text, "App", "BuildID"), None);
    }
}
