/// A limit that a peer broke; the connection ends with ENHANCE_YOUR_CALM.
///
/// The raw value is stable, for counters and logs.
package enum HTTP2Abuse: String, CaseIterable, Hashable, Sendable {
    /// Streams reset by the peer (CVE-2023-44487).
    case rapidReset = "rapid_reset"
    /// Streams that the peer's faults made this side reset (CVE-2025-8671).
    case provokedReset = "provoked_reset"
    /// SETTINGS frames (CVE-2019-9515).
    case settingsFlood = "settings_flood"
    /// Entries of one SETTINGS frame (CVE-2020-11080).
    case settingsEntries = "settings_entries"
    /// PING frames (CVE-2019-9512).
    case pingFlood = "ping_flood"
    /// Answers to SETTINGS and PING that the peer does not read.
    case unreadAnswers = "unread_answers"
    /// WINDOW_UPDATE frames.
    case windowUpdateFlood = "window_update_flood"
    /// DATA frames with nothing in them (CVE-2019-9518).
    case emptyDataFlood = "empty_data_flood"
    /// DATA frames with next to nothing in them (CVE-2019-9511).
    case tinyDataFlood = "tiny_data_flood"
    /// CONTINUATION frames of one header block (CVE-2024-28182).
    case continuationFlood = "continuation_flood"
    /// Compressed bytes of one header block.
    case headerBlockBytes = "header_block_bytes"
    /// A header list far over the announced limit (CVE-2016-6581, the HPACK bomb).
    case headerListBytes = "header_list_bytes"
    /// HEADERS on streams that are over or were refused.
    case ignoredHeaders = "ignored_headers"
    /// PRIORITY, informational responses, unknown types and what else has no effect
    /// (CVE-2019-9513).
    case uselessFrames = "useless_frames"
}
