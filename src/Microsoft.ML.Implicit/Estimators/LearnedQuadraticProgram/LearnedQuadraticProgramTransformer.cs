using Microsoft.ML;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ITransformer), typeof(LearnedQuadraticProgramTransformer), null, typeof(SignatureLoadModel), "", LearnedQuadraticProgramTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Predicts the data of each row's quadratic program and solves it.</summary>
/// <remarks>
/// Rows are evaluated in batches as they are read, each as if it were alone. A row with a NaN or infinite feature counts as unsolved.
/// Prediction engines in several threads may share one transformer.
/// </remarks>
public sealed class LearnedQuadraticProgramTransformer : ImplicitTransformer<LearnedQuadraticProgramModelParameters>
{
    internal const string LoaderSignature = "LearnedQuadraticProgram";

    private static readonly ModelFormat Format = new("LEARNDQP", LoaderSignature, version: 0x00010002, oldestVersion: 0x00010001, QuadraticProgramPositional.ReadLearned);

    private readonly LearnedQuadraticProgramScheme _scheme;

    internal LearnedQuadraticProgramTransformer(IHost host, LearnedQuadraticProgramScheme scheme, LearnedQuadraticProgramModelParameters model)
        : base(host, Format, model)
    {
        _scheme = scheme;
        Mapper = new LearnedQuadraticProgramMapper(scheme, model);
    }

    private protected override BatchMapper Mapper { get; }

    /// <summary>Compares decisions with the best ones at realised costs.</summary>
    /// <exception cref="ArgumentException">The model does not predict costs under given constraints; or a column is missing, or has the wrong type or size.</exception>
    internal DecisionMetrics Evaluate(IDataView data, string labelColumnName, string? exampleWeightColumnName)
    {
        if (Model.Architecture is not { PredictsCost: true, RightHandSides: 0, Inequalities: 0, Equalities: 0 })
        {
            throw new ArgumentException("The model learned constraints, or was given its costs: regret is that of predicted costs under given constraints.");
        }

        Mapper.GetOutputColumns(data.Schema);
        DataViewSchema.Column label = data.Schema.GetColumnOrNull(labelColumnName) ?? throw new ArgumentException($"The data has no column '{labelColumnName}'.", nameof(data));
        if (NumberColumns.Length(label.Type) != Model.VariableCount)
        {
            throw new ArgumentException($"Column '{labelColumnName}' holds {label.Type}; expected {Model.VariableCount} realised costs, Single or Double.", nameof(data));
        }

        InputColumns.CheckWeight(SchemaShape.Create(data.Schema), exampleWeightColumnName, nameof(exampleWeightColumnName));
        using DisposalGate.Use use = Mapper.Hold();
        return new DecisionEvaluator(Model, _scheme).Evaluate(data, labelColumnName, exampleWeightColumnName);
    }

    private protected override void WriteModel(DocumentWriter writer)
    {
        _scheme.Write(writer);
        Model.Write(writer);
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Load(Format, env, ctx, (host, reader) =>
    {
        LearnedQuadraticProgramScheme scheme = LearnedQuadraticProgramScheme.Read(reader);
        LearnedQuadraticProgramModelParameters model = LearnedQuadraticProgramModelParameters.Read(reader);
        if (model.Completes(scheme))
        {
            return new LearnedQuadraticProgramTransformer(host, scheme, model);
        }

        model.Dispose();
        throw new FormatException("The model file's program does not fit its network.");
    });
}
