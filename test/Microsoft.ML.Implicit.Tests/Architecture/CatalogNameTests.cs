using System.Reflection;

namespace Microsoft.ML.Implicit.Tests.Architecture;

/// <summary>One word for one thing: what a method of the catalogs takes is named as the option that it sets.</summary>
[TestClass]
public sealed class CatalogNameTests
{
    // What belongs to the grouping before a forecaster, to a backtest, or to what a model without a training column is asked for.
    private static readonly string[] OfNoOption = ["seriesColumnName", "data", "origins", "trainingFraction", "refits", "trainer", "train", "validation", "options"];
    private static readonly string[] OutputsOfTransforms = ["outputColumnName", "featureColumnName", "logDensityColumnName"];

    [TestMethod]
    public void Parameters_of_the_catalogs_are_named_as_the_options_are()
    {
        foreach (IGrouping<(Type Catalog, string Name), MethodInfo> method in typeof(ImplicitCatalog).GetMethods(BindingFlags.Public | BindingFlags.Static)
            .GroupBy(method => (method.GetParameters()[0].ParameterType, method.Name)))
        {
            Type? options = method.SelectMany(overload => overload.GetParameters()).Select(parameter => parameter.ParameterType).FirstOrDefault(type => type.Name.EndsWith("Options", StringComparison.Ordinal));
            if (options is null)
            {
                continue;
            }

            string[] names = [.. options.GetMembers().Concat(options.GetProperty("Training")?.PropertyType.GetMembers() ?? []).Select(member => member.Name)];
            IEnumerable<string> others = method.Key.Catalog == typeof(TransformsCatalog) ? OfNoOption.Concat(OutputsOfTransforms) : OfNoOption;
            foreach (string parameter in method.SelectMany(overload => overload.GetParameters().Skip(1)).Select(parameter => parameter.Name!).Except(others))
            {
                CollectionAssert.Contains(names, char.ToUpperInvariant(parameter[0]) + parameter[1..], $"{method.Key.Name}({parameter}) sets no option of {options.Name} of its name.");
            }
        }
    }
}
