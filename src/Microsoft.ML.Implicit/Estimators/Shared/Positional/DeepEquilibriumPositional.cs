using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Deep-equilibrium models as written before the document.</summary>
internal static class DeepEquilibriumPositional
{
    // Marks that features are read by their non-zeros.
    private const byte SparseFlag = 0x80;

    public static void Read(PositionalReader reader)
    {
        reader.Text("feature_column");
        ReadArchitecture(reader.Section("architecture"));
        ReadTask(reader.Section("task"));
        reader.State("ensemble");
    }

    private static void ReadArchitecture(PositionalReader reader)
    {
        byte kind = reader.Byte();
        bool isSparse = (kind & SparseFlag) != 0;
        reader.Document.Write("cell", PositionalReader.ToEnum<EquilibriumCellKind>((byte)(kind & ~SparseFlag)));
        reader.Int32("image_channels");
        reader.Int32("image_height");
        reader.Int32("image_width");
        reader.Int32("features");
        reader.Int32(isSparse ? "slots" : "bins");
        reader.Document.Write(isSparse ? "bins" : "slots", 0);
        reader.Int32("hidden_width");
        reader.Int32("outputs");
        reader.Enum<EquilibriumSolverKind>("solver");
        reader.Double("tolerance");
        reader.Int32("maximum_iterations");
        reader.Int32("networks");
    }

    private static void ReadTask(PositionalReader reader)
    {
        byte task = reader.Byte();
        string kind = task switch
        {
            1 => MulticlassTask.Kind,
            2 => BinaryTask.Kind,
            3 => RegressionTask.Kind,
            _ => throw new FormatException($"The model file names task {task}, which this version does not know."),
        };
        reader.Document.Write(PredictionTaskFormat.KindName, kind);
        if (kind == RegressionTask.Kind)
        {
            reader.Single("mean");
            reader.Single("scale");
        }
        else if (kind == MulticlassTask.Kind)
        {
            reader.Int32("classes");
            reader.Skipped("label_values", stream => LabelValues.Read(reader.Host, stream));
        }
    }
}
