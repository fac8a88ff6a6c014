namespace Microsoft.ML.Implicit.Layers;

/// <summary>Runs backward passes through implicit layers so that errors in them reach the caller.</summary>
/// <remarks>
/// A managed exception must not cross the native frames of autograd's engine. A layer that fails inside a backward
/// pass therefore keeps its exception and returns NaN gradients; <see cref="Run"/> throws it afterwards.
/// </remarks>
public static class ImplicitBackward
{
    [ThreadStatic]
    private static BackwardContext? _threadContext;

    /// <summary>
    /// Where layers used on this thread leave what goes wrong later in their backward pass, which on a GPU runs on
    /// another thread.
    /// </summary>
    internal static BackwardContext Context => _threadContext ??= new BackwardContext();

    /// <summary>Runs a backward pass, on the thread that built the graph.</summary>
    /// <param name="backward">Calls <c>backward()</c>, such as <c>() => loss.backward()</c>.</param>
    /// <exception cref="Exception">The first error raised inside the backward pass of an implicit layer, with its own type and message.</exception>
    public static void Run(Action backward)
    {
        ArgumentNullException.ThrowIfNull(backward);
        BackwardContext context = Context;
        context.Enter();
        try
        {
            backward();
        }
        finally
        {
            context.Leave();
        }

        context.ThrowFailure();
    }
}
