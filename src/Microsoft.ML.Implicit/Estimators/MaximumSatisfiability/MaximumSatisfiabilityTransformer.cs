using Microsoft.ML;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ITransformer), typeof(MaximumSatisfiabilityTransformer), null, typeof(SignatureLoadModel), "", MaximumSatisfiabilityTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Completes rows of bits by learned clauses.</summary>
/// <remarks>
/// Rows are evaluated in batches as they are read, each as if it were alone. A row with a known bit that is not between 0 and 1 has NaN for an answer.
/// Prediction engines in several threads may share one transformer.
/// </remarks>
public sealed class MaximumSatisfiabilityTransformer : ImplicitTransformer<MaximumSatisfiabilityModelParameters>
{
    internal const string LoaderSignature = "MaximumSatisfiability";

    private static readonly ModelFormat Format = new("MAXIMSAT", LoaderSignature);

    private readonly BitColumns _columns;
    private readonly CompletionOutputs _outputs;

    internal MaximumSatisfiabilityTransformer(IHost host, BitColumns columns, CompletionOutputs outputs, MaximumSatisfiabilityModelParameters model)
        : base(host, Format, model)
    {
        (_columns, _outputs) = (columns, outputs);
        Mapper = new MaximumSatisfiabilityMapper(columns, outputs, model);
    }

    private protected override BatchMapper Mapper { get; }

    private protected override void WriteModel(DocumentWriter writer)
    {
        _columns.Write(writer);
        _outputs.Write(writer);
        Model.Write(writer);
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Load(Format, env, ctx, (host, reader) =>
        new MaximumSatisfiabilityTransformer(host, BitColumns.Read(reader), CompletionOutputs.Read(reader), MaximumSatisfiabilityModelParameters.Read(reader)));
}
