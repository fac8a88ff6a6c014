using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Reads a task from a model file.</summary>
internal static class PredictionTaskFormat
{
    public const string KindName = "kind";

    /// <exception cref="FormatException">The file names no known task.</exception>
    public static PredictionTask Read(IHost host, DocumentReader reader) => reader.Text(KindName) switch
    {
        MulticlassTask.Kind => MulticlassTask.Read(host, reader),
        BinaryTask.Kind => BinaryTask.Read(reader),
        RegressionTask.Kind => RegressionTask.Read(reader),
        var kind => throw new FormatException($"The model file names the task '{kind}', which this version does not know."),
    };
}
