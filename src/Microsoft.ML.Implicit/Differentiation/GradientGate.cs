namespace Microsoft.ML.Implicit.Differentiation;

/// <summary>
/// Keeps cotangents from passing through a node for a while: a derivative with respect to inputs at a fixed state, of a state that
/// itself depends on the inputs and is to be differentiated again later.
/// </summary>
internal sealed class GradientGate
{
    public bool IsClosed { get; private set; }

    /// <summary>Runs a differentiation with the gate closed.</summary>
    public T WhileClosed<T>(Func<T> differentiate)
    {
        IsClosed = true;
        try
        {
            return differentiate();
        }
        finally
        {
            IsClosed = false;
        }
    }
}
