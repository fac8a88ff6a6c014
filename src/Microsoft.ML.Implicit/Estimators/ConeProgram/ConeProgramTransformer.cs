using Microsoft.ML;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

[assembly: LoadableClass(typeof(ITransformer), typeof(ConeProgramTransformer), null, typeof(SignatureLoadModel), "", ConeProgramTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Solves a cone program in every row.</summary>
/// <remarks>
/// Rows are solved in batches as they are read, each as if it were alone. Where an unsolved row is an error, it is thrown when its batch is
/// read, which can be some rows early. Programs are solved on the CPU wherever the transformer is moved. Prediction engines in several threads may share one transformer.
/// </remarks>
public sealed class ConeProgramTransformer : BatchTransformer
{
    internal const string LoaderSignature = "ConeProgram";

    private static readonly ModelFormat Format = new("CONEPROG", LoaderSignature);

    private readonly ConeProgramModel _model;

    internal ConeProgramTransformer(IHost host, ConeProgramModel model)
        : base(host, Format)
    {
        NativeBackend.EnsureLoaded();
        _model = model;
        Mapper = new ConeProgramMapper(model);
    }

    private protected override BatchMapper Mapper { get; }

    private protected override void Write(DocumentWriter writer) => _model.Write(writer);

    private protected override void MoveModel(Device device)
    {
    }

    // A solve holds native memory only while it runs.
    private protected override void DisposeModel()
    {
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) =>
        Format.Load(env, ctx, (host, reader) => new ConeProgramTransformer(host, ConeProgramModel.Read(reader)));
}
