using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps a vector of every row to one of the same length.</summary>
/// <remarks>
/// A row that is not finite becomes NaN and leaves the others alone. Rows are mapped on the CPU wherever the transformer is moved. Prediction engines in several threads may share
/// one transformer.
/// </remarks>
public abstract class SignalTransformer : BatchTransformer
{
    private const string InputField = "input_column";
    private const string OutputField = "output_column";

    private readonly SignalFunction _function;

    private protected SignalTransformer(IHost host, ModelFormat format, SignalFunction function, string inputColumnName, string outputColumnName)
        : base(host, format)
    {
        (_function, InputColumnName, OutputColumnName) = (function, inputColumnName, outputColumnName);
        Mapper = new SignalMapper(function, inputColumnName, outputColumnName);
    }

    /// <summary>Column of the vectors that are read.</summary>
    public string InputColumnName { get; }

    /// <summary>Column of the vectors that are written.</summary>
    public string OutputColumnName { get; }

    private protected override BatchMapper Mapper { get; }

    private protected override void Write(DocumentWriter writer)
    {
        writer.Write(InputField, InputColumnName);
        writer.Write(OutputField, OutputColumnName);
        _function.Write(writer);
    }

    private protected static (string Input, string Output) ReadColumns(DocumentReader reader) => (reader.Text(InputField), reader.Text(OutputField));

    private protected override void MoveModel(Device device)
    {
    }

    // There is nothing native to it.
    private protected override void DisposeModel()
    {
    }
}
