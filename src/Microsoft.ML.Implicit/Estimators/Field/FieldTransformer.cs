using Microsoft.ML;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ITransformer), typeof(FieldTransformer), null, typeof(SignatureLoadModel), "", FieldTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Forecasts fields with a trained equation, one field a row.</summary>
/// <remarks>
/// A row's field is all that its forecast depends on, each row as if it were alone. A row with a number that is not finite, and times that the equation cannot be solved up to, get NaN. Prediction engines in
/// several threads may share one transformer.
/// </remarks>
public sealed class FieldTransformer : ImplicitTransformer<FieldModelParameters>
{
    internal const string LoaderSignature = "FieldTransform";

    private static readonly ModelFormat Format = new("FIELDPDE", LoaderSignature);

    private readonly string _input;
    private readonly string _output;
    private readonly double[] _horizon;

    internal FieldTransformer(IHost host, FieldModelParameters model, string input, string output, double[] horizon)
        : base(host, Format, model)
    {
        (_input, _output, _horizon) = (input, output, horizon);
        Mapper = new FieldMapper(model, input, output, horizon);
    }

    private protected override BatchMapper Mapper { get; }

    private protected override void WriteModel(DocumentWriter writer)
    {
        writer.Write("input_column", _input);
        writer.Write("output_column", _output);
        writer.Write("horizon", _horizon);
        Model.Write(writer);
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Load(Format, env, ctx, (host, reader) =>
    {
        string input = reader.Text("input_column"), output = reader.Text("output_column");
        double[] horizon = Measurements.Checked(reader.Doubles("horizon"));
        return horizon.Length > 0 && horizon[0] > 0 && horizon.Zip(horizon.Skip(1)).All(pair => pair.First < pair.Second)
            ? new FieldTransformer(host, FieldModelParameters.Read(reader), input, output, horizon)
            : throw new FormatException("The model file describes impossible times to forecast at.");
    });
}
