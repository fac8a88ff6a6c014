using Microsoft.ML;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ITransformer), typeof(LatentTransformer), null, typeof(SignatureLoadModel), "", LatentTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps feature vectors to latent vectors, which are standard normal if the model is right, and their log densities; or latent vectors back.</summary>
/// <remarks>
/// A row with a value that is not finite gets NaN. Angles and unit vectors
/// (<see cref="NormalizingFlowOptions.ManifoldFeatures"/>) are mapped to angles and unit vectors in the same slots, uniformly
/// distributed if the model is right.
/// </remarks>
public sealed class LatentTransformer : ImplicitTransformer<NormalizingFlowModelParameters>
{
    internal const string LoaderSignature = "NormalizingFlowLatent";

    private static readonly ModelFormat Format = new("CNFLATNT", LoaderSignature, version: 0x00010003);

    private readonly LatentColumns _columns;

    internal LatentTransformer(IHost host, NormalizingFlowModelParameters model, LatentColumns columns)
        : base(host, Format, model)
    {
        _columns = columns;
        Mapper = new LatentMapper(model, columns);
    }

    private protected override BatchMapper Mapper { get; }

    /// <summary>Creates the transformer from latent vectors to feature vectors; it shares this transformer's model.</summary>
    /// <param name="outputColumnName">Feature column that it writes; <see langword="null"/> for the one this transformer reads.</param>
    /// <returns>The inverse.</returns>
    /// <exception cref="InvalidOperationException">This is an inverse itself.</exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    public LatentTransformer CreateInverse(string? outputColumnName = null)
    {
        Mapper.ThrowIfDisposed();
        return _columns.IsInverse
            ? throw new InvalidOperationException("This transformer is an inverse itself.")
            : new LatentTransformer(Host, Model, new LatentColumns(_columns.Output, _columns.Context, outputColumnName ?? _columns.Input, null));
    }

    private protected override void Write(BinaryWriter writer)
    {
        writer.Write(_columns.Input);
        writer.Write(_columns.Context ?? string.Empty);
        writer.Write(_columns.Output);
        writer.Write(_columns.LogDensity ?? string.Empty);
        Model.Write(writer);
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Format.Load(env, ctx, (host, reader) =>
    {
        var columns = new LatentColumns(reader.ReadString(), OrNull(reader.ReadString()), reader.ReadString(), OrNull(reader.ReadString()));
        return new LatentTransformer(host, NormalizingFlowModelParameters.Read(host, reader), columns);
    });

    private static string? OrNull(string name) => name.Length == 0 ? null : name;
}
