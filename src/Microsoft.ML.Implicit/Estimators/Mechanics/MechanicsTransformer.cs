using Microsoft.ML;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ITransformer), typeof(MechanicsTransformer), null, typeof(SignatureLoadModel), "", MechanicsTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Forecasts mechanical systems with learned dynamics, one series a row, and tells their energy.</summary>
/// <remarks>
/// A row in which a variable was never observed gets NaN, as do times before a row's last observation. A time to forecast at that is not finite, or lies more than 1000 times
/// <see cref="MechanicsModelParameters.TrainedHorizon"/> after a row's last observation, is an <see cref="ArgumentException"/> that names the row.
/// </remarks>
public sealed class MechanicsTransformer : ImplicitTransformer<MechanicsModelParameters>
{
    internal const string LoaderSignature = "MechanicsTransform";

    private static readonly ModelFormat Format = new("MECHANIC", LoaderSignature);

    private readonly SeriesColumns _input;
    private readonly MechanicsColumns _output;

    internal MechanicsTransformer(IHost host, MechanicsModelParameters model, SeriesColumns input, MechanicsColumns output)
        : base(host, Format, model)
    {
        (_input, _output) = (input, output);
        Mapper = new MechanicsMapper(model, input, output);
    }

    private protected override BatchMapper Mapper { get; }

    private protected override void WriteModel(DocumentWriter writer)
    {
        _input.Write(writer.Section("input"));
        _output.Write(writer.Section("output"));
        Model.Write(writer);
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Load(Format, env, ctx, (host, reader) =>
    {
        SeriesColumns input = SeriesColumns.Read(reader.Section("input"));
        MechanicsColumns output = MechanicsColumns.Read(reader.Section("output"));
        MechanicsModelParameters model = MechanicsModelParameters.Read(reader, input);
        if (model.Errors is null && (output.Lower ?? output.Upper) is not null)
        {
            throw new FormatException("The model file has columns of bounds, and nothing to tell them from.");
        }

        return new MechanicsTransformer(host, model, input with { Settings = model.Architecture.Settings }, output);
    });
}
