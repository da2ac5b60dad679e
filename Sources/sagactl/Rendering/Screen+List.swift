internal import SagaModel

extension Screen {
    /// Shows the sagas of a listing, and says if there are none, or more than were asked for.
    ///
    /// - Parameters:
    ///   - list: the sagas.
    ///   - limit: how many were asked for.
    ///   - note: what is said if there are none.
    ///   - lines: how a person sees them.
    func show(
        _ list: SagaList, limit: Int, whenEmpty note: String,
        _ lines: (_ rows: [SagaRow], _ now: Instant, _ style: Style) -> [String]
    ) throws(Complaint) {
        if isJSON {
            try show(list.rows.map { JSONObject($0) })
        } else {
            try show(lines(list.rows, list.observedAt, style))
            if list.rows.isEmpty { self.note(note) }
        }
        if list.hasMore { self.note("there are more; --limit \(limit) is reached") }
    }
}
