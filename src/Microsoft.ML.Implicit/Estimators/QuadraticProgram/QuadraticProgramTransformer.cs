using Microsoft.ML;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

[assembly: LoadableClass(typeof(ITransformer), typeof(QuadraticProgramTransformer), null, typeof(SignatureLoadModel), "", QuadraticProgramTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Solves a quadratic program in every row.</summary>
/// <remarks>
/// Rows are solved in batches as they are read, each as if it were alone. Where an unsolved row is an error, it is thrown when its batch is
/// read, which can be some rows early. Prediction engines in several threads may share one transformer.
/// </remarks>
public sealed class QuadraticProgramTransformer : BatchTransformer
{
    internal const string LoaderSignature = "QuadraticProgram";

    private static readonly ModelFormat Format = new("QUADPROG", LoaderSignature, version: 0x00010002, oldestVersion: 0x00010001, QuadraticProgramPositional.Read);

    private readonly QuadraticProgramModel _model;

    internal QuadraticProgramTransformer(IHost host, QuadraticProgramModel model)
        : base(host, Format)
    {
        NativeBackend.EnsureLoaded();
        _model = model;
        Mapper = new QuadraticProgramMapper(model);
    }

    private protected override BatchMapper Mapper { get; }

    private protected override void Write(DocumentWriter writer) => _model.Write(writer);

    private protected override void MoveModel(Device device) => _model.Device = device;

    // A solve holds native memory only while it runs.
    private protected override void DisposeModel()
    {
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) =>
        Format.Load(env, ctx, (host, reader) => new QuadraticProgramTransformer(host, QuadraticProgramModel.Read(reader)));
}
