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
