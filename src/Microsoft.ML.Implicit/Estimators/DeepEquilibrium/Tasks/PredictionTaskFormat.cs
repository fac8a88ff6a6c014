using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Reads a task from a model file.</summary>
internal static class PredictionTaskFormat
{
    /// <exception cref="FormatException">The file names no known task.</exception>
    public static PredictionTask Read(IHost host, BinaryReader reader)
    {
        byte tag = reader.ReadByte();
        return tag switch
        {
            MulticlassTask.FormatTag => MulticlassTask.Read(host, reader),
            BinaryTask.FormatTag => new BinaryTask(),
            RegressionTask.FormatTag => RegressionTask.Read(reader),
            _ => throw new FormatException($"The model file names task {tag}, which this version does not know."),
        };
    }
}
