//! The rules that decide which release a client is offered.

use super::fault::Fault;
use super::matching;
use super::query::Query;
use super::version::{Class, Operator, Strict, matches};
use crate::base::value::{Value, json};

/// A rule: a field that is `None` matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// The number that identifies it.
    pub rule_id: u64,
    /// The name that it may have as well.
    pub alias: Option<String>,
    /// Of the rules that match, the one with the highest priority counts.
    pub priority: i64,
    /// The release that clients are offered; `None` for none.
    pub mapping: Option<String>,
    /// The release that those clients are offered whom the background rate leaves out.
    pub fallback_mapping: Option<String>,
    /// How many of a hundred clients that ask by themselves are offered `mapping`.
    pub background_rate: i64,
    /// `minor` or `major`.
    pub update_type: String,
    /// The product.
    pub product: Option<String>,
    /// Patterns of versions, with commas between them.
    pub version: Option<String>,
    /// The channel, or what it begins with and a `*`.
    pub channel: Option<String>,
    /// The platform.
    pub build_target: Option<String>,
    /// A pattern of build ids.
    pub build_id: Option<String>,
    /// Locales, with commas between them.
    pub locale: Option<String>,
    /// Parts of system versions, with commas and `&&` between them.
    pub os_version: Option<String>,
    /// A pattern of an amount of memory in MiB.
    pub memory: Option<String>,
    /// Instruction sets, with commas between them.
    pub instruction_set: Option<String>,
    /// Whether a screen reader of the name runs.
    pub jaws: Option<bool>,
    /// Whether clients may migrate to a 64-bit build.
    pub mig64: Option<bool>,
    /// Partners, with commas between them.
    pub distribution: Option<String>,
    /// The version of a partner's build.
    pub dist_version: Option<String>,
    /// `PPC` or `Intel`.
    pub header_architecture: Option<String>,
    /// What people should know about it.
    pub comment: Option<String>,
    /// How often it was changed.
    pub data_version: u64,
}

/// The columns of texts: name, the most characters, and where the value is.
type Column = (&'static str, usize, fn(&mut Rule) -> &mut Option<String>);

const COLUMNS: &[Column] = &[
    ("alias", 50, |rule| &mut rule.alias),
    ("mapping", 100, |rule| &mut rule.mapping),
    ("fallbackMapping", 100, |rule| &mut rule.fallback_mapping),
    ("product", 15, |rule| &mut rule.product),
    ("version", 200, |rule| &mut rule.version),
    ("channel", 75, |rule| &mut rule.channel),
    ("buildTarget", 75, |rule| &mut rule.build_target),
    ("buildID", 20, |rule| &mut rule.build_id),
    ("locale", 200, |rule| &mut rule.locale),
    ("osVersion", 1000, |rule| &mut rule.os_version),
    ("memory", 100, |rule| &mut rule.memory),
    ("instructionSet", 1000, |rule| &mut rule.instruction_set),
    ("distribution", 2000, |rule| &mut rule.distribution),
    ("distVersion", 100, |rule| &mut rule.dist_version),
    ("headerArchitecture", 10, |rule| {
        &mut rule.header_architecture
    }),
    ("comment", 500, |rule| &mut rule.comment),
];

/// What a channel's pattern may not have, since Balrog would read it as a regular expression.
const SPECIAL: &[char] = &['+', '?', '[', ']', '(', ')', '{', '}', '|', '^', '$', '\\'];

impl Rule {
    /// Reads a rule with Balrog's names of columns. A column that is missing is null; one of another type
    /// than it should have is read as if it were missing, and reported by [`Rule::column_problems`].
    #[must_use]
    pub fn read(value: &Value) -> Self {
        let mut rule = Self {
            rule_id: value["rule_id"].as_u64().unwrap_or_default(),
            priority: value["priority"].as_i64().unwrap_or_default(),
            background_rate: value["backgroundRate"].as_i64().unwrap_or(100),
            update_type: value["update_type"].as_str().unwrap_or("minor").to_owned(),
            jaws: value["jaws"].as_bool(),
            mig64: value["mig64"].as_bool(),
            data_version: value["data_version"].as_u64().unwrap_or(1),
            ..Self::default()
        };
        for (name, _, field) in COLUMNS {
            *field(&mut rule) = value[name].as_str().map(str::to_owned);
        }
        rule
    }

    /// The rule with Balrog's names of columns.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut value = json!({
            "rule_id": self.rule_id,
            "priority": self.priority,
            "backgroundRate": self.background_rate,
            "update_type": self.update_type,
            "jaws": self.jaws,
            "mig64": self.mig64,
            "data_version": self.data_version,
        });
        let mut rule = self.clone();
        for (name, _, field) in COLUMNS {
            value[name] = json!(field(&mut rule));
        }
        value
    }

    /// What is wrong with a rule's columns, each problem as a sentence without a point.
    #[must_use]
    pub fn column_problems(value: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        let null_or = |name: &str, is_right: fn(&Value) -> bool| {
            value[name] == Value::Null || is_right(&value[name])
        };
        for (name, _, _) in COLUMNS {
            if !null_or(name, |value| value.as_str().is_some()) {
                problems.push(format!("`{name}` is not a text"));
            }
        }
        for name in ["rule_id", "priority", "data_version"] {
            if !null_or(name, |value| {
                value.as_i64().is_some_and(|number| number >= 0)
            }) {
                problems.push(format!("`{name}` is not a number of 0 or more"));
            }
        }
        if !null_or("backgroundRate", |value| value.as_i64().is_some()) {
            problems.push("`backgroundRate` is not a whole number".to_owned());
        }
        for name in ["jaws", "mig64"] {
            if !null_or(name, |value| value.as_bool().is_some()) {
                problems.push(format!("`{name}` is neither true nor false nor null"));
            }
        }
        problems.extend(Self::read(value).problems());
        problems
    }

    /// What Balrog would refuse about the rule, or match in an unexpected way.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut rule = self.clone();
        for (name, most, field) in COLUMNS {
            let length = field(&mut rule)
                .as_ref()
                .map_or(0, |text| text.chars().count());
            if length > *most {
                problems.push(format!(
                    "`{name}` has {length} characters, and may have {most}"
                ));
            }
        }
        if !(0..=100).contains(&self.background_rate) {
            problems.push(format!(
                "`backgroundRate` is {}, and may be from 0 to 100",
                self.background_rate
            ));
        }
        if !matches!(self.update_type.as_str(), "minor" | "major") {
            problems.push(format!(
                "`update_type` is `{}`, and may be `minor` or `major`",
                self.update_type
            ));
        }
        if let Some(alias) = self.alias.as_ref().filter(|alias| !is_alias(alias)) {
            problems.push(format!(
                "the alias `{alias}` does not begin with a letter, or contains characters other than letters, digits and `-`"
            ));
        }
        if let Some(channel) = &self.channel {
            problems.extend(channel_problem(channel));
        }
        let class = Class::of_product(self.product.as_deref().unwrap_or_default());
        let patterns = self.version.iter().flat_map(|versions| versions.split(','));
        problems.extend(patterns.filter_map(|pattern| match class {
            Class::Strict => version_problem(pattern),
            Class::Loose => None,
        }));
        if let Some(build_id) = self
            .build_id
            .as_ref()
            .filter(|pattern| !is_compared_number(pattern))
        {
            problems.push(format!("the build id `{build_id}` is not a number with `<`, `<=`, `>`, `>=` or nothing before it"));
        }
        if let Some(memory) = self
            .memory
            .as_ref()
            .filter(|pattern| !is_compared_number(pattern))
        {
            problems.push(format!("the memory `{memory}` is not a number with `<`, `<=`, `>`, `>=` or nothing before it"));
        }
        problems
    }

    /// Whether the rule is one of those that Balrog reads for a request from its database.
    #[must_use]
    pub fn is_candidate(&self, query: &Query) -> bool {
        let is = |rule: &Option<String>, value: Option<&str>| {
            rule.as_deref().is_none_or(|rule| Some(rule) == value)
        };
        is(&self.product, Some(&query.product))
            && is(&self.build_target, Some(&query.build_target))
            && is(
                &self.header_architecture,
                query.header_architecture.as_deref(),
            )
            && is(&self.dist_version, query.dist_version.as_deref())
    }

    /// Whether a candidate matches a request, where `fallback` is the channel that the request's falls back
    /// to.
    ///
    /// # Errors
    /// Those of the fields, which are looked at in Balrog's order until one does not match.
    pub fn is_match(&self, query: &Query, fallback: &str) -> Result<bool, Fault> {
        let class = Class::of_product(&query.product);
        Ok(
            matching::channel(self.channel.as_deref(), &query.channel, fallback)
                && matching::version(self.version.as_deref(), &query.version, class)?
                && matching::build_id(self.build_id.as_deref(), query.build_id())?
                && matching::memory(self.memory.as_deref(), query.memory)?
                && matching::expression(
                    self.os_version.as_deref(),
                    query.os_version.as_deref().unwrap_or_default(),
                )
                && matching::one_of(self.instruction_set.as_deref(), query.instruction_set())
                && matching::one_of(
                    self.distribution.as_deref(),
                    Some(query.distribution.as_deref().unwrap_or_default()),
                )
                && matching::one_of(self.locale.as_deref(), Some(query.locale()))
                && matching::flag(self.mig64, query.mig64)
                && matching::flag(self.jaws, query.jaws),
        )
    }
}

/// Whether a text can be an alias, by which it is told from the number of a rule.
#[must_use]
pub fn is_alias(text: &str) -> bool {
    text.starts_with(|sign: char| sign.is_ascii_alphabetic())
        && text
            .chars()
            .all(|sign| sign.is_ascii_alphanumeric() || sign == '-')
}

fn channel_problem(channel: &str) -> Option<String> {
    let beginning = channel.strip_suffix('*')?;
    if beginning.chars().count() < 2 {
        return Some(format!(
            "the channel `{channel}` matches nothing: a `*` needs two characters before it"
        ));
    }
    channel.contains(SPECIAL).then(|| {
        format!("the channel `{channel}` ends in `*`, and Balrog would read its other special characters as a regular expression")
    })
}

fn version_problem(pattern: &str) -> Option<String> {
    let Some((operator, operand)) = Operator::read(pattern) else {
        return Some(format!("there is no version in the pattern `{pattern}`"));
    };
    if let Err(error) = Strict::read(operand) {
        return Some(error.to_string());
    }
    // What is behind the version would be passed over.
    let is_partly_read = !pattern.ends_with(operand) && operator != Operator::Glob;
    if is_partly_read || matches("78.0", pattern, Class::Strict).is_err() {
        return Some(format!(
            "`{pattern}` is not a version with `<`, `<=`, `>`, `>=` or nothing before it"
        ));
    }
    None
}

fn is_compared_number(pattern: &str) -> bool {
    let digits = pattern.trim_start_matches(['<', '>', '=']);
    Operator::read(pattern).is_some()
        && !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}
