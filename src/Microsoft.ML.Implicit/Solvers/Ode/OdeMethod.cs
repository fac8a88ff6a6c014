namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>A method of integration. <see cref="OdeMethods"/> lists those built in; derive from <see cref="OneStep.OneStepMethod"/> for one of your own.</summary>
public abstract class OdeMethod
{
    /// <summary>Creates a method.</summary>
    /// <param name="name">The field's name for it.</param>
    /// <param name="order">Order of convergence.</param>
    /// <param name="embeddedOrder">Order of the embedded solution that estimates the error; zero where there is none.</param>
    protected OdeMethod(string name, int order, int embeddedOrder)
    {
        Name = name;
        Order = order;
        EmbeddedOrder = embeddedOrder;
    }

    /// <summary>The field's name for the method.</summary>
    public string Name { get; }

    /// <summary>Order of convergence of the solution at the ends of steps.</summary>
    public int Order { get; }

    /// <summary>Order of the embedded solution; zero where the method has no error estimate and needs <see cref="FixedStepControl"/>.</summary>
    public int EmbeddedOrder { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
