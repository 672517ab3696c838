//! What a client tells about itself.

/// A result of the background rate that a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// `force=1`: it is served the update.
    Mapping,
    /// `force=-1`: it is served the fallback.
    Fallback,
}

impl Force {
    /// What a value of the parameter asks for.
    #[must_use]
    pub fn read(value: &str) -> Option<Self> {
        match value {
            "1" => Some(Self::Mapping),
            "-1" => Some(Self::Fallback),
            _ => None,
        }
    }

    /// The value of the parameter.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Mapping => "1",
            Self::Fallback => "-1",
        }
    }
}

/// The request of a client, in Balrog's terms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// The product.
    pub product: String,
    /// The version that the client has.
    pub version: String,
    /// The id of its build.
    pub build_id: Option<String>,
    /// The platform that it was built for.
    pub build_target: String,
    /// Its locale.
    pub locale: Option<String>,
    /// Its channel.
    pub channel: String,
    /// The version of its system.
    pub os_version: Option<String>,
    /// The partner whose build it is.
    pub distribution: Option<String>,
    /// The version of the partner's build.
    pub dist_version: Option<String>,
    /// `PPC` for Macs that say so, else `Intel`.
    pub header_architecture: Option<String>,
    /// What instructions its processor has.
    pub instruction_set: Known<String>,
    /// Its memory in MiB, if known.
    pub memory: Option<i128>,
    /// Whether a screen reader of the name runs, if known.
    pub jaws: Option<bool>,
    /// Whether it may migrate to a 64-bit build, if known.
    pub mig64: Option<bool>,
    /// The result of the background rate that it asks for.
    pub force: Option<Force>,
    /// The version up to which it wants updates.
    pub pin: Option<String>,
}

/// Something that a client may not be asked for, and may not know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Known<T> {
    /// This form of request does not have it.
    #[default]
    NotAsked,
    /// The client does not know it, or tells it in a way that cannot be read.
    Unknown,
    /// The client tells it.
    Told(T),
}

impl Query {
    /// The instruction set to compare with; `None` if it is not known.
    #[must_use]
    pub fn instruction_set(&self) -> Option<&str> {
        match &self.instruction_set {
            Known::NotAsked => Some(""),
            Known::Unknown => None,
            Known::Told(set) => Some(set),
        }
    }

    /// The build id; empty if there is none.
    #[must_use]
    pub fn build_id(&self) -> &str {
        self.build_id.as_deref().unwrap_or_default()
    }

    /// The locale; empty if there is none.
    #[must_use]
    pub fn locale(&self) -> &str {
        self.locale.as_deref().unwrap_or_default()
    }
}
