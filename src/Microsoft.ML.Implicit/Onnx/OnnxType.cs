namespace Microsoft.ML.Implicit.Onnx;

/// <summary>Element types of tensors, numbered as in ONNX's TensorProto.DataType.</summary>
internal enum OnnxType
{
    /// <summary>float32.</summary>
    Single = 1,

    /// <summary>int64.</summary>
    Int64 = 7,

    /// <summary>Text.</summary>
    Text = 8,

    /// <summary>bool.</summary>
    Boolean = 9,

    /// <summary>float64.</summary>
    Double = 11,

    /// <summary>uint32, which ML.NET's keys are.</summary>
    UInt32 = 12,
}
