using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Architecture;

/// <summary>What the library has of each kind, for tests that hold for all of a kind.</summary>
internal static class LibraryTypes
{
    private static readonly Type[] Concrete = [.. typeof(ImplicitEstimator<>).Assembly.GetTypes().Where(type => type is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false })];

    /// <summary>Estimators that train by gradients.</summary>
    public static IEnumerable<Type> Trainers => Concrete.Where(type => BasesOf(type).Any(IsOf(typeof(ImplicitTrainer<,>))));

    /// <summary>What these train.</summary>
    public static IEnumerable<Type> TrainedTransformers => Trainers.Select(type => BasesOf(type).First(IsOf(typeof(ImplicitTrainer<,>))).GenericTypeArguments[0]).Distinct();

    /// <summary>All estimators.</summary>
    public static IEnumerable<Type> Estimators => Concrete.Where(type => BasesOf(type).Any(IsOf(typeof(ImplicitEstimator<>))));

    /// <summary>All transformers that pipelines are made of and model files hold.</summary>
    public static IEnumerable<Type> Transformers => Concrete.Where(type => type.IsPublic && typeof(ITransformer).IsAssignableFrom(type));

    /// <summary>A type and all that it derives from.</summary>
    public static IEnumerable<Type> BasesOf(Type type)
    {
        for (Type? next = type; next is not null; next = next.BaseType)
        {
            yield return next;
        }
    }

    private static Func<Type, bool> IsOf(Type definition) => type => type.IsGenericType && type.GetGenericTypeDefinition() == definition;
}
