internal import SagaJournal
internal import SagaModel
internal import SagaProtobuf

extension JSONObject {
    /// One record of a dump.
    init(_ header: FrameHeader, _ payload: Span<UInt8>, arena: inout DecodingArena) {
        self.init()
        set("position", header.position.rawValue)
        var text: RecordText?
        var reason = ""
        if header.type == .lost {
            set("type", "Lost")
        } else {
            do throws(CodecFailure) {
                text = try RecordText(type: header.type.rawValue, payload, arena: &arena)
            } catch {
                reason = "\(error)"
            }
            set("type", text?.name ?? "\(header.type.rawValue)")
        }
        set("saga", header.saga.rawValue)
        set("continues", header.flags.contains(.continues))
        set("ignorable", header.flags.contains(.ignorable))
        if let text {
            setText("record", text.json)
        } else if header.type != .lost {
            set(
                "payload",
                [UInt8](capacity: payload.count) { output in
                    for index in payload.indices { output.append(payload[index]) }
                })
            set("unreadable", reason)
        }
    }

    /// What a look at a journal found.
    init(_ survey: JournalSurvey, unreadable: Int, lost: Int) {
        self.init(survey)
        set("unreadableRecords", UInt64(unreadable))
        set("lostRecords", UInt64(lost))
    }

    /// The same, with what records there are.
    init(
        _ survey: JournalSurvey, types: [UInt16: (count: Int, bytes: Int)], sagas: Int
    ) {
        self.init(survey)
        set("sagas", UInt64(sagas))
        set(
            "types",
            types.sorted { $0.key < $1.key }.map { type, sum in
                var object = JSONObject()
                object.set("type", UInt32(type))
                object.set("name", RecordText.name(ofType: type) ?? "")
                object.set("records", UInt64(sum.count))
                object.set("bytes", UInt64(sum.bytes))
                return object
            })
    }

    private init(_ survey: JournalSurvey) {
        self.init()
        set("lineage", survey.lineage.description)
        set("records", UInt64(survey.records))
        set("lastPosition", survey.lastPosition.rawValue)
        set("durablePosition", survey.markedPosition.rawValue)
        set(
            "segments",
            survey.segments.map { segment in
                var object = JSONObject()
                object.set("number", segment.number)
                object.set("file", segment.file)
                object.set("bytes", UInt64(segment.byteCount))
                object.set("usedBytes", UInt64(segment.usedBytes))
                object.set("firstPosition", segment.firstPosition?.rawValue ?? 0)
                object.set("case", segment.foundCase?.rawValue ?? "")
                return object
            })
        set(
            "torn",
            survey.torn.map { torn in
                var object = JSONObject()
                object.set("file", torn.file)
                object.set("offset", UInt64(torn.offset))
                object.set("bytes", UInt64(torn.byteCount))
                object.set("position", torn.position.rawValue)
                object.set("case", torn.foundCase.rawValue)
                return object
            })
    }

    /// What was salvaged, and what was not.
    init(_ salvage: JournalSalvage) {
        self.init()
        set("records", UInt64(salvage.records))
        set("firstPosition", salvage.firstPosition.rawValue)
        set("lastPosition", salvage.lastPosition.rawValue)
        set(
            "losses",
            salvage.losses.map { loss in
                var object = JSONObject()
                object.set("firstPosition", loss.first.rawValue)
                object.set("lastPosition", loss.last >= loss.first ? loss.last.rawValue : 0)
                object.set("file", loss.file)
                object.set("offset", UInt64(loss.offset))
                object.set("finding", loss.finding)
                return object
            })
        set("unusable", salvage.unusable)
        set("isBackup", salvage.isBackup)
    }
}
