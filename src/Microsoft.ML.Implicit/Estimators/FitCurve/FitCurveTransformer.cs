using Microsoft.ML;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Modelling.Curves;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

[assembly: LoadableClass(typeof(ITransformer), typeof(FitCurveTransformer), null, typeof(SignatureLoadModel), "", FitCurveTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Fits a curve to the points of every row.</summary>
/// <remarks>
/// Rows are fitted in batches as they are read, each as if it were alone, on the CPU wherever the transformer is moved. Prediction engines in several threads may share one
/// transformer. Where a fit that does not converge is an error, it is thrown when its batch is read, which can be some rows early.
/// </remarks>
public sealed class FitCurveTransformer : BatchTransformer
{
    internal const string LoaderSignature = "FitCurve";

    private static readonly ModelFormat Format = new("FITCURVE", LoaderSignature, usesNativeBackend: false);

    private readonly FitCurveModel _model;

    internal FitCurveTransformer(IHost host, FitCurveModel model)
        : base(host, Format)
    {
        _model = model;
        Mapper = new FitCurveMapper(model);
    }

    /// <summary>What is fitted.</summary>
    public Curve Curve => _model.Fitter.Curve;

    private protected override BatchMapper Mapper { get; }

    private protected override void Write(DocumentWriter writer) => _model.Write(writer);

    private protected override void MoveModel(Device device)
    {
    }

    // There is nothing native to it.
    private protected override void DisposeModel()
    {
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) =>
        Format.Load(env, ctx, (host, reader) => new FitCurveTransformer(host, FitCurveModel.Read(reader)));
}
