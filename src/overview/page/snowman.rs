//! The picture of a release: a ball for each phase, on top of those that it builds on.

use std::fmt::Write as _;

use crate::base::text::{escape_html, shorten};
use crate::overview::model::{ReleaseView, Rule};

/// The width of the picture.
const WIDTH: f64 = 320.0;
/// Where the middle of all balls is.
const MIDDLE: f64 = 72.0;
/// The radius of the smallest and of the largest ball.
const RADIUS: (f64, f64) = (24.0, 64.0);
/// How far balls sink into each other.
const OVERLAP: f64 = 5.0;
/// The most characters of a name.
const NAME: usize = 18;

/// The picture; its numbers are in the text beside it too, so it is hidden from readers of the screen.
pub fn html(release: &ReleaseView) -> String {
    let count = |number: usize| u32::try_from(number).map_or(f64::MAX, f64::from);
    let created = |at: usize| {
        release
            .phases
            .get(at)
            .map_or(0, |phase| phase.created + phase.rebuilt)
    };
    let most = (0..release.phases.len())
        .map(created)
        .max()
        .unwrap_or(0)
        .max(1);
    let radius = |at: usize| {
        let share = (count(created(at)) / count(most)).sqrt();
        RADIUS.0 + (RADIUS.1 - RADIUS.0) * share
    };
    let mut balls = String::new();
    let mut y = OVERLAP;
    for (at, phase) in release.phases.iter().enumerate().rev() {
        let r = radius(at);
        let middle = y + r;
        y += 2.0 * r - OVERLAP;
        let red = release
            .tasks
            .iter()
            .any(|task| task.is_red() && task.created().any(|event| event.phase == at))
            || !phase.rules.iter().all(Rule::holds);
        let class = if red { "ball red" } else { "ball" };
        let name = escape_html(&shorten(&phase.name, NAME));
        let x = MIDDLE + RADIUS.1 + 14.0;
        let _ = write!(
            balls,
            "<circle class=\"{class}\" cx=\"{MIDDLE}\" cy=\"{middle:.0}\" r=\"{r:.0}\"/>\
             <text class=\"count\" x=\"{MIDDLE}\" y=\"{:.0}\">{}</text>\
             <text class=\"name\" x=\"{x}\" y=\"{:.0}\">{name}</text>\
             <text class=\"reused\" x=\"{x}\" y=\"{:.0}\">{} reused</text>",
            middle + 5.0,
            created(at),
            middle - 2.0,
            middle + 15.0,
            phase.reused(),
        );
    }
    format!(
        "<svg class=\"snowman\" viewBox=\"0 0 {WIDTH} {:.0}\" aria-hidden=\"true\">{balls}</svg>\n",
        y + 2.0 * OVERLAP
    )
}
