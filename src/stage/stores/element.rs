//! Elements with attributes and texts, however they are written, and how much of them a document may have.

/// The deepest element.
const MAX_DEPTH: usize = 64;

/// The most attributes of an element.
const MAX_ATTRIBUTES: usize = 256;

/// How large a document may be, in bytes of names, values and texts, and of what is kept beside them.
const MAX_SIZE: usize = 128 << 20;

/// What an element takes beside its name.
const ELEMENT: usize = 256;

/// What an attribute takes beside its name and value.
const ATTRIBUTE: usize = 64;

/// An element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Its attributes.
    pub attributes: Vec<(String, String)>,
    /// The elements in it.
    pub children: Vec<Element>,
    /// The text in it, without that of elements.
    pub text: String,
}

impl Element {
    /// An attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The first element of a name in this one.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All elements of a name in this one.
    pub fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// Builds a document from what a reader finds one after the other, and refuses one that is too large: a short
/// file may refer to a long text many times.
#[derive(Debug)]
pub struct Builder {
    /// The elements that have not ended; the first one contains the root.
    open: Vec<Element>,
    left: usize,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            open: vec![Element::default()],
            left: MAX_SIZE,
        }
    }
}

impl Builder {
    fn take(&mut self, size: usize) -> Result<(), &'static str> {
        self.left = self.left.checked_sub(size).ok_or("it is too large")?;
        Ok(())
    }

    /// Begins an element.
    ///
    /// # Errors
    /// Why it is refused, as all errors of the builder.
    pub fn open(&mut self, name: String) -> Result<(), &'static str> {
        self.take(name.len() + ELEMENT)?;
        if self.open.len() > MAX_DEPTH {
            return Err("its elements are too deep");
        }
        self.open.push(Element {
            name,
            ..Element::default()
        });
        Ok(())
    }

    /// Adds an attribute to the element that was begun last.
    ///
    /// # Errors
    /// When it occurs twice, or there are too many.
    pub fn attribute(&mut self, name: String, value: String) -> Result<(), &'static str> {
        self.take(name.len() + value.len() + ATTRIBUTE)?;
        let Some(element) = self.open.last_mut() else {
            return Ok(());
        };
        if element.attributes.len() == MAX_ATTRIBUTES {
            return Err("an element has too many attributes");
        }
        if element.attribute(&name).is_some() {
            return Err("an attribute occurs twice");
        }
        element.attributes.push((name, value));
        Ok(())
    }

    /// Adds a text to the innermost element.
    ///
    /// # Errors
    /// When the document is too large.
    pub fn text(&mut self, text: &str) -> Result<(), &'static str> {
        self.take(text.len())?;
        if let Some(element) = self.open.last_mut() {
            element.text.push_str(text);
        }
        Ok(())
    }

    /// The name of the innermost element; empty outside of the root.
    #[must_use]
    pub fn name(&self) -> &str {
        self.open.last().map_or("", |element| &element.name)
    }

    /// Ends the innermost element.
    ///
    /// # Errors
    /// When there is none.
    pub fn close(&mut self) -> Result<(), &'static str> {
        let element = self.open.pop().filter(|_| !self.open.is_empty());
        let element = element.ok_or("an element ends that has not begun")?;
        if let Some(parent) = self.open.last_mut() {
            parent.children.push(element);
        }
        Ok(())
    }

    /// The root.
    ///
    /// # Errors
    /// When an element has not ended, or there is not exactly one root.
    pub fn finish(mut self) -> Result<Element, &'static str> {
        let top = self.open.pop().filter(|_| self.open.is_empty());
        let mut top = top.ok_or("an element does not end")?;
        match top.children.len() == 1 && top.text.trim().is_empty() {
            true => Ok(top.children.remove(0)),
            false => Err("there is not exactly one root"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_document_holds_is_limited() {
        let mut builder = Builder::default();
        for _ in 0..MAX_DEPTH {
            assert_eq!(builder.open("a".to_owned()), Ok(()));
        }
        let refused = builder.open("a".to_owned());
        assert_eq!(refused, Err("its elements are too deep"));
        let mut builder = Builder::default();
        builder.open("a".to_owned()).unwrap();
        for number in 0..MAX_ATTRIBUTES {
            let added = builder.attribute(number.to_string(), String::new());
            assert_eq!(added, Ok(()));
        }
        let refused = builder.attribute("b".to_owned(), String::new());
        assert_eq!(refused, Err("an element has too many attributes"));
        // 64 texts of a megabyte fit, in whatever place.
        let text = "t".repeat(1 << 20);
        let mut builder = Builder::default();
        let add = |builder: &mut Builder| -> Result<(), &'static str> {
            builder.open("a".to_owned())?;
            builder.attribute("b".to_owned(), text.clone())?;
            builder.text(&text)?;
            builder.close()
        };
        for _ in 0..63 {
            assert_eq!(add(&mut builder), Ok(()));
        }
        assert_eq!(add(&mut builder), Err("it is too large"));
        // So do some hundred thousand empty elements.
        let mut builder = Builder::default();
        let mut count = 0;
        while builder
            .open(String::new())
            .and_then(|()| builder.close())
            .is_ok()
        {
            count += 1;
        }
        assert_eq!(count, MAX_SIZE / ELEMENT);
    }
}
