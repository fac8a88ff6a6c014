namespace Microsoft.ML.Implicit.Differentiation;

/// <summary>Runs backward passes through implicit layers so that errors in them reach the caller.</summary>
/// <remarks>
/// A managed exception must not cross the native frames of autograd's engine. A layer that fails inside a backward
/// pass therefore keeps its exception and returns NaN gradients; <see cref="Run"/> throws it afterwards. The same holds for autograd
/// functions of one's own: an exception that leaves their <c>backward</c> ends the process, and so does <c>autograd.grad</c> on
/// gradients of a wrong shape; <c>Tensor.backward</c> and <c>autograd.backward</c> throw.
/// </remarks>
public static class ImplicitBackward
{
    /// <summary>
    /// Where the <see cref="Exception.Data"/> of what <see cref="Run"/> throws has the exception with which the delegate ended afterwards,
    /// if it did: most often a consequence of NaN gradients.
    /// </summary>
    public const string LaterExceptionKey = "LaterException";

    [ThreadStatic]
    private static BackwardContext? _threadContext;

    /// <summary>
    /// Where layers used on this thread leave what goes wrong later in their backward pass, which on a GPU runs on
    /// another thread.
    /// </summary>
    internal static BackwardContext Context => _threadContext ??= new BackwardContext();

    /// <summary>Runs a backward pass, on the thread that built the graph.</summary>
    /// <param name="backward">Calls <c>backward()</c>, such as <c>() => loss.backward()</c>.</param>
    /// <exception cref="Exception">
    /// The first error raised inside the backward pass of an implicit layer, with its own type and message; without one, what <paramref name="backward"/> throws.
    /// </exception>
    public static void Run(Action backward)
    {
        ArgumentNullException.ThrowIfNull(backward);
        BackwardContext context = Context;
        context.Enter();
        try
        {
            backward();
        }
        catch (Exception exception)
        {
            context.ThrowFailure(exception);
            throw;
        }
        finally
        {
            context.Leave();
        }

        context.ThrowFailure();
    }
}
