import CProtobufC
