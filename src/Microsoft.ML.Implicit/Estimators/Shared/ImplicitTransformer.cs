using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Evaluates rows with a trained model, which it owns.</summary>
/// <typeparam name="TModel">The trained model.</typeparam>
public abstract class ImplicitTransformer<TModel> : BatchTransformer
    where TModel : ImplicitModelParameters
{
    private protected ImplicitTransformer(IHost host, ModelFormat format, TModel model)
        : base(host, format) => Model = model;

    /// <summary>The trained model.</summary>
    public TModel Model { get; }

    private protected sealed override void DisposeModel() => Model.Dispose();
}
